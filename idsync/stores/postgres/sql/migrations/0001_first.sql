-- The first schema. Every text compares and sorts by code point, as it does in idsync: COLLATE "C". There are no
-- sequences, since the one writer numbers rows itself, and no foreign keys, on purpose: checking them row by row is what
-- a first import would be waited for. `history --verify` looks instead.

-- The directory. `names` interns every name of a user or a member; a user's id is that of its name.
CREATE TABLE idsync.names (
    id bigint PRIMARY KEY,
    name text COLLATE "C" NOT NULL UNIQUE
);

CREATE TABLE idsync.users (
    id bigint PRIMARY KEY,
    name text COLLATE "C" NOT NULL,
    org text COLLATE "C" NOT NULL,      -- the org that the object is ours by; empty when it is foreign
    okta_id text COLLATE "C" NOT NULL,
    twin_key text COLLATE "C",          -- what the name could be taken for, where that is another text
    fingerprint bytea NOT NULL
);

CREATE INDEX users_by_okta_id ON idsync.users (okta_id) WHERE okta_id <> '';

CREATE INDEX users_by_twin_key ON idsync.users (twin_key) WHERE twin_key IS NOT NULL;

CREATE TABLE idsync.locks (
    name text COLLATE "C" PRIMARY KEY,
    "user" text COLLATE "C" NOT NULL,   -- whom it is on; empty where it is on no user
    ends bigint,                        -- seconds since 1970
    fingerprint bytea NOT NULL
);

CREATE INDEX locks_by_user ON idsync.locks ("user") WHERE "user" <> '';

CREATE INDEX locks_by_end ON idsync.locks (ends) WHERE ends IS NOT NULL;

CREATE TABLE idsync.access_lists (
    id bigint PRIMARY KEY,
    name text COLLATE "C" NOT NULL UNIQUE,
    org text COLLATE "C" NOT NULL,
    fingerprint bytea NOT NULL,
    member_count bigint NOT NULL,
    members_sum bytea NOT NULL CHECK (length(members_sum) = 32)     -- of the hashes of its memberships
);

CREATE TABLE idsync.list_owners (
    list_id bigint NOT NULL,
    name_id bigint NOT NULL,
    PRIMARY KEY (list_id, name_id)
);

CREATE INDEX list_owners_by_name ON idsync.list_owners (name_id);

-- Most members of most lists have the same details; each distinct set is kept once. An index on details themselves could
-- not hold long ones.
CREATE TABLE idsync.membership_details (
    id bigint PRIMARY KEY,
    body bytea NOT NULL
);

CREATE UNIQUE INDEX membership_details_by_body ON idsync.membership_details (sha256(body));

CREATE TABLE idsync.members (
    list_id bigint NOT NULL,
    name_id bigint NOT NULL,
    details_id bigint NOT NULL,
    PRIMARY KEY (list_id, name_id)
);

CREATE INDEX members_by_name ON idsync.members (name_id);

CREATE TABLE idsync.directory (
    id bigint PRIMARY KEY CHECK (id = 1),
    serial bigint NOT NULL              -- grows by one with each transaction that changes the directory
);

INSERT INTO idsync.directory (id, serial) VALUES (1, 0);

-- What is ours, kept as it comes and goes.
CREATE TABLE idsync.owned_counts (
    org text COLLATE "C" PRIMARY KEY,
    people bigint NOT NULL,
    memberships bigint NOT NULL,
    access_lists bigint NOT NULL
);

-- What in the local directory is not as agreed.
CREATE TABLE idsync.differences (
    address text COLLATE "C" PRIMARY KEY,
    agreed bytea,                       -- fingerprint of what was agreed on; null for absence
    entry bigint                        -- the journal's entry that made the difference
);

-- What was agreed on in targets whose objects are elsewhere. A list's name has a number like everybody's.
CREATE TABLE idsync.agreed_objects (
    target text COLLATE "C" NOT NULL,
    address text COLLATE "C" NOT NULL,
    fingerprint bytea NOT NULL,
    PRIMARY KEY (target, address)
);

CREATE TABLE idsync.agreed_members (
    target text COLLATE "C" NOT NULL,
    list_id bigint NOT NULL,
    name_id bigint NOT NULL,
    details_id bigint NOT NULL,
    PRIMARY KEY (target, list_id, name_id)
);

-- What is agreed on about people beyond what the directory holds; a person is known by Okta id.
CREATE TABLE idsync.former_names (
    target text COLLATE "C" NOT NULL,
    name text COLLATE "C" NOT NULL,
    okta_id text COLLATE "C" NOT NULL,
    until text COLLATE "C" NOT NULL,
    by_hand bigint NOT NULL,            -- 1 while a hand took the account and no lock was made since
    PRIMARY KEY (target, name, okta_id)
);

CREATE INDEX former_names_by_id ON idsync.former_names (target, okta_id);

CREATE TABLE idsync.lifted_locks (
    target text COLLATE "C" NOT NULL,
    okta_id text COLLATE "C" NOT NULL,
    event text COLLATE "C" NOT NULL CHECK (event IN ('suspension', 'departure')),
    at text COLLATE "C",                -- null while the lock of a departure that is held still stands
    PRIMARY KEY (target, okta_id)
);

CREATE TABLE idsync.ended_memberships (
    target text COLLATE "C" NOT NULL,
    access_list text COLLATE "C" NOT NULL,
    okta_id text COLLATE "C" NOT NULL,
    expires text COLLATE "C" NOT NULL,
    PRIMARY KEY (target, access_list, okta_id)
);

CREATE INDEX ended_memberships_by_id ON idsync.ended_memberships (target, okta_id);

-- Every body that was ever in the directory, once.
CREATE TABLE idsync.bodies (
    fingerprint bytea PRIMARY KEY CHECK (length(fingerprint) = 16),     -- BLAKE2b-128 of the body
    body bytea NOT NULL                                                 -- canonical JSON
);

-- The record. Steps of one run that are kept together share a row, as a JSON array; other entries have one each.
-- `chain` is SHA-256 over the chain value before and the entries.
CREATE TABLE idsync.journal (
    sequence bigint PRIMARY KEY,        -- of the first entry in the row
    entry_count bigint NOT NULL,
    run bigint,
    event text COLLATE "C" NOT NULL,
    entries bytea NOT NULL,
    chain bytea NOT NULL CHECK (length(chain) = 32)
);

CREATE INDEX journal_headlines ON idsync.journal (sequence) WHERE event <> 'step';

CREATE FUNCTION idsync.refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the % of idsync is append-only', TG_TABLE_NAME USING ERRCODE = 'integrity_constraint_violation';
END
$$;

CREATE TRIGGER journal_refuses_change BEFORE UPDATE OR DELETE OR TRUNCATE ON idsync.journal
FOR EACH STATEMENT EXECUTE FUNCTION idsync.refuse_change();

CREATE TRIGGER bodies_refuse_change BEFORE UPDATE OR DELETE OR TRUNCATE ON idsync.bodies
FOR EACH STATEMENT EXECUTE FUNCTION idsync.refuse_change();

-- Where the journal ends, so that missing last entries are noticed.
CREATE TABLE idsync.journal_end (
    id bigint PRIMARY KEY CHECK (id = 1),
    sequence bigint NOT NULL,
    chain bytea NOT NULL
);

INSERT INTO idsync.journal_end (id, sequence, chain) VALUES (1, 0, decode(repeat('00', 32), 'hex'));

CREATE TABLE idsync.runs (
    number bigint PRIMARY KEY,
    plan text COLLATE "C" NOT NULL,
    started_at text COLLATE "C" NOT NULL,
    first_sequence bigint NOT NULL,
    finished bigint NOT NULL DEFAULT 0
);

CREATE INDEX runs_by_plan ON idsync.runs (plan);

-- Leases with fencing numbers. A row stays when its lease is given back, so that its number never comes again.
CREATE TABLE idsync.leases (
    name text COLLATE "C" PRIMARY KEY,
    token bigint NOT NULL,              -- grows with each taking
    holder bytea,                       -- null when nobody has it
    ends double precision NOT NULL      -- seconds since 1970 by the server's clock, unless it is renewed
);

CREATE TABLE idsync.facts (
    key text COLLATE "C" PRIMARY KEY,
    value bytea NOT NULL
);

CREATE TABLE idsync.cache (
    key text COLLATE "C" PRIMARY KEY,
    value bytea NOT NULL
);

-- Upstream facts: the last known reading, as rows that say what concerns one person or one list. Okta ids are interned.
CREATE TABLE idsync.upstream (
    id bigint PRIMARY KEY CHECK (id = 1),
    head bytea NOT NULL                 -- the snapshot without its people and lists, as JSON
);

CREATE TABLE idsync.upstream_ids (
    number bigint PRIMARY KEY,
    okta_id text COLLATE "C" NOT NULL UNIQUE
);

CREATE TABLE idsync.upstream_users (
    number bigint PRIMARY KEY,
    username text COLLATE "C" NOT NULL,
    twin_key text COLLATE "C" NOT NULL,
    status text COLLATE "C" NOT NULL,
    body bytea NOT NULL                 -- the person as a snapshot has them, canonical
);

CREATE INDEX upstream_users_by_twin_key ON idsync.upstream_users (twin_key);

-- What became of people who lack the app.
CREATE TABLE idsync.upstream_away (
    number bigint PRIMARY KEY,
    status text COLLATE "C" NOT NULL
);

CREATE TABLE idsync.upstream_lists (
    number bigint PRIMARY KEY,
    kind text COLLATE "C" NOT NULL CHECK (kind IN ('group', 'app')),
    body bytea NOT NULL                 -- the group or app without its members, canonical
);

CREATE TABLE idsync.upstream_members (
    list bigint NOT NULL,
    member bigint NOT NULL,
    PRIMARY KEY (list, member)
);

CREATE INDEX upstream_members_by_member ON idsync.upstream_members (member);
