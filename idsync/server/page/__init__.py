"""The status page: what the service does, what waits for a person, and why somebody has what they have."""
