"""Use cases: inference of a configuration, drift, what filters match."""
