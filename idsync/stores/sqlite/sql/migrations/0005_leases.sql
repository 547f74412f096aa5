-- Leases with fencing numbers. A row stays when its lease is given back, so that its number never comes again.
DROP TABLE leases;

CREATE TABLE leases (
    name TEXT PRIMARY KEY,
    token INTEGER NOT NULL,     -- grows with each taking
    holder BLOB,                -- null when nobody has it
    ends REAL NOT NULL          -- seconds since 1970, unless it is renewed
) STRICT, WITHOUT ROWID;
