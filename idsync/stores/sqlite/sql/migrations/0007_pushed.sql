-- What SCIM pushed: users, groups, the members of groups, and the tokens that may push.
CREATE TABLE pushed_users (
    number INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    username TEXT NOT NULL,
    twin_key TEXT NOT NULL UNIQUE,  -- the name without regard to letter case and Unicode form
    okta_id TEXT NOT NULL,          -- whom it stands for in the upstream facts
    external_id TEXT,
    active INTEGER NOT NULL,
    body BLOB NOT NULL,
    version INTEGER NOT NULL,
    created TEXT NOT NULL,
    modified TEXT NOT NULL
) STRICT;

CREATE INDEX pushed_users_by_time ON pushed_users (modified);
CREATE INDEX pushed_users_by_okta_id ON pushed_users (okta_id);
CREATE INDEX pushed_users_by_external_id ON pushed_users (external_id) WHERE external_id IS NOT NULL;

CREATE TABLE pushed_groups (
    number INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    title TEXT NOT NULL,
    twin_key TEXT NOT NULL,
    list_id TEXT NOT NULL,
    external_id TEXT,
    body BLOB NOT NULL,
    version INTEGER NOT NULL,
    created TEXT NOT NULL,
    modified TEXT NOT NULL
) STRICT;

CREATE INDEX pushed_groups_by_title ON pushed_groups (twin_key);
CREATE INDEX pushed_groups_by_time ON pushed_groups (modified);
CREATE INDEX pushed_groups_by_list ON pushed_groups (list_id);

CREATE TABLE pushed_members (
    group_number INTEGER NOT NULL REFERENCES pushed_groups (number) ON DELETE CASCADE,
    user_number INTEGER NOT NULL REFERENCES pushed_users (number) ON DELETE CASCADE,
    details BLOB,                   -- what was pushed of the membership, if anything
    PRIMARY KEY (group_number, user_number)
) STRICT, WITHOUT ROWID;

CREATE INDEX pushed_members_by_user ON pushed_members (user_number);

CREATE TABLE scim_tokens (
    id TEXT PRIMARY KEY,
    digest BLOB NOT NULL UNIQUE,    -- SHA-256 of the token, which is random and long
    body BLOB NOT NULL
) STRICT, WITHOUT ROWID;

-- A pushed group is linked to the one of its name that was read.
ALTER TABLE upstream_lists ADD COLUMN name TEXT NOT NULL DEFAULT '';

UPDATE upstream_lists SET name = json_extract(
    CAST(body AS TEXT), CASE WHEN kind = 'group' THEN '$.name' ELSE '$.label' END
);

CREATE INDEX upstream_lists_by_name ON upstream_lists (name);
