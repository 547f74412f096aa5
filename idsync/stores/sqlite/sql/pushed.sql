-- name: pushed_user
SELECT id, username, okta_id, external_id, active, body, version, created, modified, push
FROM pushed_users WHERE id = ?;

-- name: pushed_user_named
SELECT id, username, okta_id, external_id, active, body, version, created, modified, push
FROM pushed_users WHERE twin_key = ?;

-- name: pushed_users_named
SELECT u.id, u.username, u.okta_id, u.external_id, u.active, u.body, u.version, u.created, u.modified, u.push
FROM json_each(?) AS asked
JOIN pushed_users AS u ON u.twin_key = asked.value
ORDER BY u.number;

-- name: pushed_users_with_external_id
SELECT id, username, okta_id, external_id, active, body, version, created, modified, push
FROM pushed_users WHERE external_id = ? ORDER BY number;

-- name: pushed_users_of
SELECT id, username, okta_id, external_id, active, body, version, created, modified, push
FROM pushed_users WHERE okta_id = ? ORDER BY number;

-- name: pushed_stand_ins
SELECT id, username, okta_id, external_id, active, body, version, created, modified, push
FROM pushed_users WHERE okta_id = id ORDER BY number;

-- name: own_pushed_groups
SELECT id, title, list_id, external_id, body, version, created, modified, push
FROM pushed_groups WHERE list_id = id ORDER BY number;

-- name: people_not_pushed
SELECT i.okta_id
FROM upstream_users AS u
JOIN upstream_ids AS i ON i.number = u.number
WHERE NOT EXISTS (SELECT 1 FROM pushed_users AS p WHERE p.okta_id = i.okta_id AND p.active = 1);

-- name: lists_not_pushed
SELECT i.okta_id
FROM upstream_lists AS l
JOIN upstream_ids AS i ON i.number = l.number
WHERE NOT EXISTS (SELECT 1 FROM pushed_groups AS g WHERE g.list_id = i.okta_id)
AND EXISTS (SELECT 1 FROM upstream_members AS m WHERE m.list = l.number);

-- name: pushed_users
SELECT id, username, okta_id, external_id, active, body, version, created, modified, push
FROM pushed_users ORDER BY number LIMIT ? OFFSET ?;

-- name: pushed_users_after
SELECT id, username, okta_id, external_id, active, body, version, created, modified, push
FROM pushed_users WHERE push > ? ORDER BY push, number;

-- name: count_pushed_users
SELECT COUNT(*) FROM pushed_users;

-- name: put_pushed_users
INSERT INTO pushed_users (
    id, username, twin_key, okta_id, external_id, active, body, version, created, modified, push
) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (id) DO UPDATE SET
    username = excluded.username, twin_key = excluded.twin_key, okta_id = excluded.okta_id,
    external_id = excluded.external_id, active = excluded.active, body = excluded.body, version = excluded.version,
    modified = excluded.modified, push = excluded.push;

-- name: delete_pushed_user
DELETE FROM pushed_users WHERE id = ?;

-- name: pushed_group
SELECT id, title, list_id, external_id, body, version, created, modified, push
FROM pushed_groups WHERE id = ?;

-- name: pushed_groups_titled
SELECT id, title, list_id, external_id, body, version, created, modified, push
FROM pushed_groups WHERE twin_key = ? ORDER BY number;

-- name: pushed_groups
SELECT id, title, list_id, external_id, body, version, created, modified, push
FROM pushed_groups ORDER BY number LIMIT ? OFFSET ?;

-- name: pushed_groups_after
SELECT id, title, list_id, external_id, body, version, created, modified, push
FROM pushed_groups WHERE push > ? ORDER BY push, number;

-- name: count_pushed_groups
SELECT COUNT(*) FROM pushed_groups;

-- name: put_pushed_group
INSERT INTO pushed_groups (id, title, twin_key, list_id, external_id, body, version, created, modified, push)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (id) DO UPDATE SET
    title = excluded.title, twin_key = excluded.twin_key, list_id = excluded.list_id,
    external_id = excluded.external_id, body = excluded.body, version = excluded.version, modified = excluded.modified,
    push = excluded.push;

-- name: delete_pushed_group
DELETE FROM pushed_groups WHERE id = ?;

-- name: pushed_members
SELECT u.id, m.details
FROM pushed_groups AS g
JOIN pushed_members AS m ON m.group_number = g.number
JOIN pushed_users AS u ON u.number = m.user_number
WHERE g.id = ? ORDER BY u.number;

-- name: count_pushed_members
SELECT COUNT(*) FROM pushed_groups AS g JOIN pushed_members AS m ON m.group_number = g.number WHERE g.id = ?;

-- name: pushed_groups_of
SELECT g.id, g.title, g.list_id
FROM pushed_users AS u
JOIN pushed_members AS m ON m.user_number = u.number
JOIN pushed_groups AS g ON g.number = m.group_number
WHERE u.id = ? ORDER BY g.number;

-- name: add_pushed_member
INSERT INTO pushed_members (group_number, user_number, details)
SELECT g.number, u.number, ?1 FROM pushed_groups AS g, pushed_users AS u WHERE g.id = ?2 AND u.id = ?3
ON CONFLICT (group_number, user_number) DO UPDATE SET details = excluded.details;

-- name: remove_pushed_members
DELETE FROM pushed_members
WHERE group_number = (SELECT number FROM pushed_groups WHERE id = ?1)
    AND user_number IN (SELECT u.number FROM json_each(?2) AS asked JOIN pushed_users AS u ON u.id = asked.value);

-- name: pushed_users_among
SELECT u.id, u.okta_id FROM json_each(?) AS asked JOIN pushed_users AS u ON u.id = asked.value;

-- name: pushed_people_in
SELECT DISTINCT u.okta_id
FROM pushed_groups AS g
CROSS JOIN json_each(?) AS asked
CROSS JOIN pushed_users AS u ON u.okta_id = asked.value
CROSS JOIN pushed_members AS m ON m.group_number = g.number AND m.user_number = u.number
WHERE g.id = ?;

-- name: put_scim_token
INSERT INTO scim_tokens (id, digest, body) VALUES (?, ?, ?) ON CONFLICT (id) DO UPDATE SET body = excluded.body;

-- name: scim_token
SELECT body FROM scim_tokens WHERE digest = ?;

-- name: scim_tokens
SELECT body FROM scim_tokens;
