"""The store in a PostgreSQL database, for several machines: the tables in its SQL, its connection and its errors."""
