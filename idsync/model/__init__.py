"""Domain types shared by every floor: addresses, identities, directory objects, ownership, canonical form."""
