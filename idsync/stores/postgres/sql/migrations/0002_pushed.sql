-- What SCIM pushed: users, groups, the members of groups, and the tokens that may push.
CREATE TABLE idsync.pushed_users (
    number bigint PRIMARY KEY,
    id text COLLATE "C" NOT NULL UNIQUE,
    username text COLLATE "C" NOT NULL,
    twin_key text COLLATE "C" NOT NULL UNIQUE,  -- the name without regard to letter case and Unicode form
    okta_id text COLLATE "C" NOT NULL,          -- whom it stands for in the upstream facts
    external_id text COLLATE "C",
    active bigint NOT NULL,
    body bytea NOT NULL,
    version bigint NOT NULL,
    created text COLLATE "C" NOT NULL,
    modified text COLLATE "C" NOT NULL
);

CREATE INDEX pushed_users_by_time ON idsync.pushed_users (modified);

CREATE INDEX pushed_users_by_okta_id ON idsync.pushed_users (okta_id);

CREATE INDEX pushed_users_by_external_id ON idsync.pushed_users (external_id) WHERE external_id IS NOT NULL;

CREATE TABLE idsync.pushed_groups (
    number bigint PRIMARY KEY,
    id text COLLATE "C" NOT NULL UNIQUE,
    title text COLLATE "C" NOT NULL,
    twin_key text COLLATE "C" NOT NULL,
    list_id text COLLATE "C" NOT NULL,
    external_id text COLLATE "C",
    body bytea NOT NULL,
    version bigint NOT NULL,
    created text COLLATE "C" NOT NULL,
    modified text COLLATE "C" NOT NULL
);

CREATE INDEX pushed_groups_by_title ON idsync.pushed_groups (twin_key);

CREATE INDEX pushed_groups_by_time ON idsync.pushed_groups (modified);

CREATE INDEX pushed_groups_by_list ON idsync.pushed_groups (list_id);

CREATE TABLE idsync.pushed_members (
    group_number bigint NOT NULL REFERENCES idsync.pushed_groups (number) ON DELETE CASCADE,
    user_number bigint NOT NULL REFERENCES idsync.pushed_users (number) ON DELETE CASCADE,
    details bytea,                              -- what was pushed of the membership, if anything
    PRIMARY KEY (group_number, user_number)
);

CREATE INDEX pushed_members_by_user ON idsync.pushed_members (user_number);

CREATE TABLE idsync.scim_tokens (
    id text COLLATE "C" PRIMARY KEY,
    digest bytea NOT NULL UNIQUE,               -- SHA-256 of the token, which is random and long
    body bytea NOT NULL
);

-- A pushed group is linked to the one of its name that was read.
ALTER TABLE idsync.upstream_lists ADD COLUMN name text COLLATE "C" NOT NULL DEFAULT '';

UPDATE idsync.upstream_lists SET name = convert_from(body, 'UTF8')::jsonb ->>
    CASE WHEN kind = 'group' THEN 'name' ELSE 'label' END;

CREATE INDEX upstream_lists_by_name ON idsync.upstream_lists (name);
