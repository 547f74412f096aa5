-- Upstream facts: the last known reading, as rows that say what concerns one person or one list. Okta ids are interned.
CREATE TABLE upstream (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    head BLOB NOT NULL          -- the snapshot without its people and lists, as JSON
) STRICT;

CREATE TABLE upstream_ids (
    number INTEGER PRIMARY KEY,
    okta_id TEXT NOT NULL UNIQUE
) STRICT;

CREATE TABLE upstream_users (
    number INTEGER PRIMARY KEY,
    username TEXT NOT NULL,
    twin_key TEXT NOT NULL,
    status TEXT NOT NULL,
    body BLOB NOT NULL          -- the person as a snapshot has them, canonical
) STRICT;

CREATE INDEX upstream_users_by_twin_key ON upstream_users (twin_key);

-- What became of people who lack the app.
CREATE TABLE upstream_away (
    number INTEGER PRIMARY KEY,
    status TEXT NOT NULL
) STRICT;

CREATE TABLE upstream_lists (
    number INTEGER PRIMARY KEY,
    kind TEXT NOT NULL CHECK (kind IN ('group', 'app')),
    body BLOB NOT NULL          -- the group or app without its members, canonical
) STRICT;

CREATE TABLE upstream_members (
    list INTEGER NOT NULL,
    member INTEGER NOT NULL,
    PRIMARY KEY (list, member)
) STRICT, WITHOUT ROWID;

CREATE INDEX upstream_members_by_member ON upstream_members (member);
