-- Every body that was ever in the directory, once. Nothing is deleted here: the journal refers to it.
CREATE TABLE bodies (
    id INTEGER PRIMARY KEY,
    fingerprint BLOB NOT NULL UNIQUE CHECK (length(fingerprint) = 16),     -- BLAKE2b-128 of the body
    body BLOB NOT NULL                                                      -- canonical JSON
) STRICT;

INSERT INTO bodies (fingerprint, body)
SELECT fingerprint_of(body), body FROM users WHERE true ON CONFLICT DO NOTHING;

INSERT INTO bodies (fingerprint, body)
SELECT fingerprint_of(body), body FROM locks WHERE true ON CONFLICT DO NOTHING;

INSERT INTO bodies (fingerprint, body)
SELECT fingerprint_of(body), body FROM access_lists WHERE true ON CONFLICT DO NOTHING;

CREATE TRIGGER bodies_refuse_update BEFORE UPDATE ON bodies
BEGIN
    SELECT RAISE(ABORT, 'bodies are append-only');
END;

CREATE TRIGGER bodies_refuse_delete BEFORE DELETE ON bodies
BEGIN
    SELECT RAISE(ABORT, 'bodies are append-only');
END;

-- What stands in the journal's entries is kept under its fingerprint as well, so that old entries are read like new ones.
CREATE TABLE old_entries (
    sequence INTEGER PRIMARY KEY,
    entry TEXT NOT NULL
) STRICT;

INSERT INTO old_entries (sequence, entry)
SELECT j.sequence + each.key, each.value
FROM journal AS j, json_each(
    CASE WHEN substr(j.entries, 1, 1) = x'5b' THEN CAST(j.entries AS TEXT) ELSE '[' || CAST(j.entries AS TEXT) || ']' END
) AS each;

INSERT INTO bodies (fingerprint, body)
SELECT fingerprint_of(CAST(body AS BLOB)), CAST(body AS BLOB)
FROM (
    SELECT json_extract(entry, '$.before') AS body FROM old_entries
    UNION
    SELECT json_extract(entry, '$.after') FROM old_entries
    UNION
    SELECT swept.value FROM old_entries, json_each(entry, '$.locks') AS swept
)
WHERE body IS NOT NULL
ON CONFLICT DO NOTHING;

-- What in the local directory is not as agreed, in place of the addresses that people edited. Agreed was what the first
-- edit since the last run found; an old entry of a list that was removed does not tell its members' details.
CREATE TABLE differences (
    address TEXT PRIMARY KEY,
    agreed BLOB,                -- fingerprint of what was agreed on; null for absence
    entry INTEGER               -- the journal's entry that made the difference
) STRICT, WITHOUT ROWID;

CREATE TABLE old_edits (
    address TEXT PRIMARY KEY,
    agreed BLOB,
    entry INTEGER
) STRICT;

INSERT INTO old_edits (address, entry)
SELECT e.address, (
    SELECT max(o.sequence) FROM old_entries AS o
    WHERE json_extract(o.entry, '$.entry') = 'by_hand' AND json_extract(o.entry, '$.address') = e.address
)
FROM edits AS e;

UPDATE old_edits SET agreed = (
    SELECT CAST(json_extract(o.entry, '$.before') AS BLOB)
    FROM old_entries AS o
    WHERE json_extract(o.entry, '$.entry') = 'by_hand'
        AND json_extract(o.entry, '$.address') = old_edits.address
        AND o.sequence > (
            SELECT ifnull(max(f.sequence), 0) FROM old_entries AS f
            WHERE json_extract(f.entry, '$.entry') = 'run_finished' AND f.sequence < old_edits.entry
        )
    ORDER BY o.sequence
    LIMIT 1
);

UPDATE old_edits SET agreed = details_of(agreed) WHERE address GLOB 'access_list_member/*' AND agreed IS NOT NULL;

UPDATE old_edits SET agreed = CAST('{}' AS BLOB) WHERE entry IS NULL;

INSERT INTO bodies (fingerprint, body)
SELECT fingerprint_of(agreed), agreed FROM old_edits WHERE agreed IS NOT NULL ON CONFLICT DO NOTHING;

INSERT INTO differences (address, agreed, entry)
SELECT address, CASE WHEN agreed IS NOT NULL THEN fingerprint_of(agreed) END, entry FROM old_edits;

DROP TABLE old_edits;

DROP TABLE edits;

DROP TABLE old_entries;

-- What was agreed on in targets whose objects are elsewhere. A list's name has a number like everybody's.
CREATE TABLE agreed_objects (
    target TEXT NOT NULL,
    address TEXT NOT NULL,
    fingerprint BLOB NOT NULL,
    PRIMARY KEY (target, address)
) STRICT, WITHOUT ROWID;

CREATE TABLE agreed_members (
    target TEXT NOT NULL,
    list_id INTEGER NOT NULL,
    name_id INTEGER NOT NULL,
    details_id INTEGER NOT NULL,
    PRIMARY KEY (target, list_id, name_id)
) STRICT, WITHOUT ROWID;

-- The directory's rows name bodies by their fingerprints. A foreign key would have each body looked up when it is
-- written, which a first import is waited for; `history --verify` looks instead.
CREATE TABLE users_2 (
    id INTEGER PRIMARY KEY REFERENCES names (id),
    name TEXT NOT NULL,
    org TEXT NOT NULL,          -- the org that the object is ours by; empty when it is foreign
    okta_id TEXT NOT NULL,
    twin_key TEXT,              -- what the name could be taken for, where that is another text
    fingerprint BLOB NOT NULL
) STRICT;

INSERT INTO users_2 (id, name, org, okta_id, twin_key, fingerprint)
SELECT id, name, org, okta_id, twin_key_beside(name), fingerprint_of(body) FROM users;

DROP TABLE users;

ALTER TABLE users_2 RENAME TO users;

CREATE TABLE locks_2 (
    name TEXT PRIMARY KEY,
    user TEXT NOT NULL,         -- whom it is on; empty where it is on no user
    ends INTEGER,               -- seconds since 1970
    fingerprint BLOB NOT NULL
) STRICT, WITHOUT ROWID;

INSERT INTO locks_2 (name, user, ends, fingerprint)
SELECT
    name,
    ifnull(json_extract(CAST(body AS TEXT), '$.spec.target.user'), ''),
    seconds_of(json_extract(CAST(body AS TEXT), '$.spec.expires')),
    fingerprint_of(body)
FROM locks;

CREATE TABLE list_owners (
    list_id INTEGER NOT NULL,
    name_id INTEGER NOT NULL,
    PRIMARY KEY (list_id, name_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE owners_found (list_id INTEGER NOT NULL, name TEXT NOT NULL) STRICT;

INSERT INTO owners_found (list_id, name)
SELECT DISTINCT l.id, json_extract(owner.value, '$.name')
FROM access_lists AS l, json_each(CAST(l.body AS TEXT), '$.spec.owners') AS owner
WHERE json_extract(owner.value, '$.membership_kind') IS NOT 'MEMBERSHIP_KIND_LIST';

INSERT INTO names (name) SELECT DISTINCT name FROM owners_found WHERE true ON CONFLICT DO NOTHING;

INSERT INTO list_owners (list_id, name_id)
SELECT f.list_id, n.id FROM owners_found AS f JOIN names AS n ON n.name = f.name;

DROP TABLE owners_found;

CREATE TABLE access_lists_2 (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    org TEXT NOT NULL,
    fingerprint BLOB NOT NULL,
    member_count INTEGER NOT NULL,
    members_sum BLOB NOT NULL CHECK (length(members_sum) = 32)      -- of the hashes of its memberships
) STRICT;

INSERT INTO access_lists_2 (id, name, org, fingerprint, member_count, members_sum)
SELECT
    l.id, l.name, l.org, fingerprint_of(l.body), l.member_count,
    ifnull((
        SELECT sum_of_members(n.name, d.body)
        FROM members AS m
        CROSS JOIN names AS n ON n.id = m.name_id
        CROSS JOIN membership_details AS d ON d.id = m.details_id
        WHERE m.list_id = l.id
    ), zeroblob(32))
FROM access_lists AS l;

DROP TABLE access_lists;

ALTER TABLE access_lists_2 RENAME TO access_lists;

DROP TABLE locks;

ALTER TABLE locks_2 RENAME TO locks;

CREATE INDEX locks_by_user ON locks (user) WHERE user <> '';

CREATE INDEX locks_by_end ON locks (ends) WHERE ends IS NOT NULL;

CREATE INDEX list_owners_by_name ON list_owners (name_id);

-- What is ours, kept as it comes and goes.
CREATE TABLE owned_counts (
    org TEXT PRIMARY KEY,
    people INTEGER NOT NULL,
    memberships INTEGER NOT NULL,
    access_lists INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

INSERT INTO owned_counts (org, people, memberships, access_lists)
SELECT org, sum(people), sum(memberships), sum(access_lists)
FROM (
    SELECT org, 1 AS people, 0 AS memberships, 0 AS access_lists FROM users
    UNION ALL
    SELECT org, 0, member_count, 1 FROM access_lists
)
WHERE org <> ''
GROUP BY org;
