"""What the rest of idsync asks of its own database, an idea a module; `idsync.stores.protocol` has all the names."""
