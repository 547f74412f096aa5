"""Domain values: times, addresses, canonical form, snapshots."""
