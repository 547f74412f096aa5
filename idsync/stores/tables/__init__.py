"""The tables of a store in any database: they say what is kept; the database says it in its own SQL."""
