-- What is agreed on about people beyond what the directory holds; a person is known by Okta id.
CREATE TABLE former_names (
    target TEXT NOT NULL,
    name TEXT NOT NULL,
    okta_id TEXT NOT NULL,
    until TEXT NOT NULL,
    by_hand INTEGER NOT NULL,       -- 1 while a hand took the account and no lock was made since
    PRIMARY KEY (target, name, okta_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX former_names_by_id ON former_names (target, okta_id);

CREATE TABLE lifted_locks (
    target TEXT NOT NULL,
    okta_id TEXT NOT NULL,
    event TEXT NOT NULL CHECK (event IN ('suspension', 'departure')),
    at TEXT,                        -- null while the lock of a departure that is held still stands
    PRIMARY KEY (target, okta_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE ended_memberships (
    target TEXT NOT NULL,
    access_list TEXT NOT NULL,
    okta_id TEXT NOT NULL,
    expires TEXT NOT NULL,
    PRIMARY KEY (target, access_list, okta_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX ended_memberships_by_id ON ended_memberships (target, okta_id);
