-- The directory. `names` interns every name of a user or a member; a user's id is that of its name.
CREATE TABLE names (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE
) STRICT;

CREATE TABLE users (
    id INTEGER PRIMARY KEY REFERENCES names (id),
    name TEXT NOT NULL,
    org TEXT NOT NULL,          -- the org that the object is ours by; empty when it is foreign
    okta_id TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    body BLOB NOT NULL          -- canonical JSON
) STRICT;

CREATE TABLE locks (
    name TEXT PRIMARY KEY,
    body BLOB NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE access_lists (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    org TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    members_fingerprint TEXT NOT NULL,
    member_count INTEGER NOT NULL,
    body BLOB NOT NULL
) STRICT;

-- Most members of most lists have the same details; each distinct set is kept once.
CREATE TABLE membership_details (
    id INTEGER PRIMARY KEY,
    body BLOB NOT NULL UNIQUE
) STRICT;

-- No foreign keys here, on purpose: checking three for each of a million rows triples the time of a first import.
CREATE TABLE members (
    list_id INTEGER NOT NULL,
    name_id INTEGER NOT NULL,
    details_id INTEGER NOT NULL,
    PRIMARY KEY (list_id, name_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE directory (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    serial INTEGER NOT NULL     -- grows by one with each transaction that changes the directory
) STRICT;

INSERT INTO directory (id, serial) VALUES (1, 0);

CREATE TABLE edits (
    address TEXT PRIMARY KEY,
    serial INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- The record. Steps of one run that are kept together share a row, as a JSON array; other entries have one each.
-- `chain` is SHA-256 over the chain value before and the entries.
CREATE TABLE journal (
    sequence INTEGER PRIMARY KEY,   -- of the first entry in the row
    entry_count INTEGER NOT NULL,
    run INTEGER,
    event TEXT NOT NULL,
    entries BLOB NOT NULL,
    chain BLOB NOT NULL CHECK (length(chain) = 32)
) STRICT;

CREATE INDEX journal_headlines ON journal (sequence) WHERE event <> 'step';

CREATE TRIGGER journal_refuses_update BEFORE UPDATE ON journal
BEGIN
    SELECT RAISE(ABORT, 'the journal is append-only');
END;

CREATE TRIGGER journal_refuses_delete BEFORE DELETE ON journal
BEGIN
    SELECT RAISE(ABORT, 'the journal is append-only');
END;

-- Where the journal ends, so that missing last entries are noticed.
CREATE TABLE journal_end (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    sequence INTEGER NOT NULL,
    chain BLOB NOT NULL
) STRICT;

INSERT INTO journal_end (id, sequence, chain) VALUES (1, 0, zeroblob(32));

CREATE TABLE runs (
    number INTEGER PRIMARY KEY,
    plan TEXT NOT NULL,
    started_at TEXT NOT NULL,
    first_sequence INTEGER NOT NULL,
    finished INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE INDEX runs_by_plan ON runs (plan);

CREATE TABLE leases (
    name TEXT PRIMARY KEY,
    holder BLOB NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE facts (
    key TEXT PRIMARY KEY,
    value BLOB NOT NULL
) STRICT;

CREATE TABLE cache (
    key TEXT PRIMARY KEY,
    value BLOB NOT NULL
) STRICT;
