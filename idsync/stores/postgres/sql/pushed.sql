-- name: pushed_user
SELECT id, username, okta_id, external_id, active, body, version, created, modified, push
FROM idsync.pushed_users WHERE id = $1;

-- name: pushed_user_named
SELECT id, username, okta_id, external_id, active, body, version, created, modified, push
FROM idsync.pushed_users WHERE twin_key = $1;

-- name: pushed_users_named
SELECT u.id, u.username, u.okta_id, u.external_id, u.active, u.body, u.version, u.created, u.modified, u.push
FROM idsync.pushed_users AS u
WHERE u.twin_key = ANY($1::text[])
ORDER BY u.number;

-- name: pushed_users_with_external_id
SELECT id, username, okta_id, external_id, active, body, version, created, modified, push
FROM idsync.pushed_users WHERE external_id = $1 ORDER BY number;

-- name: pushed_users_of
SELECT id, username, okta_id, external_id, active, body, version, created, modified, push
FROM idsync.pushed_users WHERE okta_id = $1 ORDER BY number;

-- name: pushed_stand_ins
SELECT id, username, okta_id, external_id, active, body, version, created, modified, push
FROM idsync.pushed_users WHERE okta_id = id ORDER BY number;

-- name: own_pushed_groups
SELECT id, title, list_id, external_id, body, version, created, modified, push
FROM idsync.pushed_groups WHERE list_id = id ORDER BY number;

-- name: people_not_pushed
SELECT i.okta_id
FROM idsync.upstream_users AS u
JOIN idsync.upstream_ids AS i ON i.number = u.number
WHERE NOT EXISTS (SELECT 1 FROM idsync.pushed_users AS p WHERE p.okta_id = i.okta_id AND p.active = 1);

-- name: lists_not_pushed
SELECT i.okta_id
FROM idsync.upstream_lists AS l
JOIN idsync.upstream_ids AS i ON i.number = l.number
WHERE NOT EXISTS (SELECT 1 FROM idsync.pushed_groups AS g WHERE g.list_id = i.okta_id)
AND EXISTS (SELECT 1 FROM idsync.upstream_members AS m WHERE m.list = l.number);

-- name: pushed_users
SELECT id, username, okta_id, external_id, active, body, version, created, modified, push
FROM idsync.pushed_users ORDER BY number LIMIT $1 OFFSET $2;

-- name: pushed_users_after
SELECT id, username, okta_id, external_id, active, body, version, created, modified, push
FROM idsync.pushed_users WHERE push > $1 ORDER BY push, number;

-- name: count_pushed_users
SELECT COUNT(*) FROM idsync.pushed_users;

-- name: put_pushed_users
-- rows: id text, username text, twin_key text, okta_id text, external_id text, active bigint, body bytea, version bigint, created text, modified text, push bigint
INSERT INTO idsync.pushed_users (
    number, id, username, twin_key, okta_id, external_id, active, body, version, created, modified, push
)
SELECT
    (SELECT coalesce(max(number), 0) FROM idsync.pushed_users) + row_number() OVER (),
    id, username, twin_key, okta_id, external_id, active, body, version, created, modified, push
FROM given
ON CONFLICT (id) DO UPDATE SET
    username = excluded.username, twin_key = excluded.twin_key, okta_id = excluded.okta_id,
    external_id = excluded.external_id, active = excluded.active, body = excluded.body, version = excluded.version,
    modified = excluded.modified, push = excluded.push;

-- name: delete_pushed_user
DELETE FROM idsync.pushed_users WHERE id = $1;

-- name: pushed_group
SELECT id, title, list_id, external_id, body, version, created, modified, push
FROM idsync.pushed_groups WHERE id = $1;

-- name: pushed_groups_titled
SELECT id, title, list_id, external_id, body, version, created, modified, push
FROM idsync.pushed_groups WHERE twin_key = $1 ORDER BY number;

-- name: pushed_groups
SELECT id, title, list_id, external_id, body, version, created, modified, push
FROM idsync.pushed_groups ORDER BY number LIMIT $1 OFFSET $2;

-- name: pushed_groups_after
SELECT id, title, list_id, external_id, body, version, created, modified, push
FROM idsync.pushed_groups WHERE push > $1 ORDER BY push, number;

-- name: count_pushed_groups
SELECT COUNT(*) FROM idsync.pushed_groups;

-- name: put_pushed_group
INSERT INTO idsync.pushed_groups (
    number, id, title, twin_key, list_id, external_id, body, version, created, modified, push
) VALUES (
    (SELECT coalesce(max(number), 0) + 1 FROM idsync.pushed_groups), $1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
ON CONFLICT (id) DO UPDATE SET
    title = excluded.title, twin_key = excluded.twin_key, list_id = excluded.list_id,
    external_id = excluded.external_id, body = excluded.body, version = excluded.version, modified = excluded.modified,
    push = excluded.push;

-- name: delete_pushed_group
DELETE FROM idsync.pushed_groups WHERE id = $1;

-- name: pushed_members
SELECT u.id, m.details
FROM idsync.pushed_groups AS g
JOIN idsync.pushed_members AS m ON m.group_number = g.number
JOIN idsync.pushed_users AS u ON u.number = m.user_number
WHERE g.id = $1 ORDER BY u.number;

-- name: count_pushed_members
SELECT COUNT(*) FROM idsync.pushed_groups AS g JOIN idsync.pushed_members AS m ON m.group_number = g.number WHERE g.id = $1;

-- name: pushed_groups_of
SELECT g.id, g.title, g.list_id
FROM idsync.pushed_users AS u
JOIN idsync.pushed_members AS m ON m.user_number = u.number
JOIN idsync.pushed_groups AS g ON g.number = m.group_number
WHERE u.id = $1 ORDER BY g.number;

-- name: add_pushed_member
-- rows: details bytea, in_group text, who text
INSERT INTO idsync.pushed_members (group_number, user_number, details)
SELECT g.number, u.number, given.details
FROM given
JOIN idsync.pushed_groups AS g ON g.id = given.in_group
JOIN idsync.pushed_users AS u ON u.id = given.who
ON CONFLICT (group_number, user_number) DO UPDATE SET details = excluded.details;

-- name: remove_pushed_members
DELETE FROM idsync.pushed_members
WHERE group_number = (SELECT number FROM idsync.pushed_groups WHERE id = $1)
    AND user_number IN (
        SELECT u.number
        FROM unnest($2::text[]) AS asked (value) JOIN idsync.pushed_users AS u ON u.id = asked.value
    );

-- name: pushed_users_among
SELECT u.id, u.okta_id
FROM unnest($1::text[]) AS asked (value) JOIN idsync.pushed_users AS u ON u.id = asked.value;

-- name: pushed_people_in
SELECT DISTINCT u.okta_id
FROM unnest($1::text[]) AS asked (value)
JOIN idsync.pushed_users AS u ON u.okta_id = asked.value
JOIN idsync.pushed_members AS m ON m.user_number = u.number
JOIN idsync.pushed_groups AS g ON g.number = m.group_number
WHERE g.id = $2;

-- name: put_scim_token
INSERT INTO idsync.scim_tokens (id, digest, body) VALUES ($1, $2, $3) ON CONFLICT (id) DO UPDATE SET body = excluded.body;

-- name: scim_token
SELECT body FROM idsync.scim_tokens WHERE digest = $1;

-- name: scim_tokens
SELECT body FROM idsync.scim_tokens;
