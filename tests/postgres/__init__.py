"""A PostgreSQL server for tests: started once in a test run, stopped with it."""
