-- name: serial
SELECT serial FROM directory;

-- name: bump_serial
UPDATE directory SET serial = serial + 1;

-- name: edited
SELECT address FROM edits;

-- name: user_entries
SELECT name, CASE WHEN org = ? THEN okta_id END, fingerprint FROM users;

-- name: user_entries_of
SELECT u.name, CASE WHEN u.org = ?1 THEN u.okta_id END, u.fingerprint
FROM json_each(?2) AS asked
JOIN names AS n ON n.name = asked.value
JOIN users AS u ON u.id = n.id;

-- name: users_by_okta_id
SELECT u.name FROM json_each(?) AS asked JOIN users AS u ON u.okta_id = asked.value AND u.okta_id <> '';

-- name: user_names
SELECT name FROM users;

-- name: user_bodies
SELECT name, body FROM users;

-- name: user_bodies_of
SELECT n.name, u.body
FROM json_each(?) AS asked
JOIN names AS n ON n.name = asked.value
JOIN users AS u ON u.id = n.id;

-- name: put_user
INSERT INTO users (id, name, org, okta_id, fingerprint, body) VALUES (?, ?, ?, ?, ?, ?)
ON CONFLICT (id) DO UPDATE SET
    org = excluded.org, okta_id = excluded.okta_id, fingerprint = excluded.fingerprint, body = excluded.body;

-- name: delete_user
DELETE FROM users WHERE id = (SELECT id FROM names WHERE name = ?);

-- name: lock_bodies
SELECT name, body FROM locks;

-- name: lock_bodies_of
SELECT name, body FROM locks
WHERE json_extract(CAST(body AS TEXT), '$.spec.target.user') IN (SELECT value FROM json_each(?1))
    OR name IN (SELECT value FROM json_each(?2));

-- name: put_lock
INSERT INTO locks (name, body) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET body = excluded.body;

-- name: delete_lock
DELETE FROM locks WHERE name = ?;

-- name: access_list_entries
SELECT name, org = ?, fingerprint, members_fingerprint, member_count FROM access_lists;

-- name: access_list_entries_of
SELECT l.name, l.org = ?1, l.fingerprint, l.members_fingerprint, l.member_count
FROM json_each(?2) AS asked JOIN access_lists AS l ON l.name = asked.value;

-- name: owned_by
SELECT DISTINCT l.name FROM access_lists AS l, json_each(CAST(l.body AS TEXT), '$.spec.owners') AS owner
WHERE json_extract(owner.value, '$.name') IN (SELECT value FROM json_each(?1))
    AND json_extract(owner.value, '$.membership_kind') IS NOT ?2;

-- name: counts
SELECT (SELECT count(*) FROM users WHERE org = ?1),
    (SELECT ifnull(sum(member_count), 0) FROM access_lists WHERE org = ?1),
    (SELECT count(*) FROM access_lists WHERE org = ?1);

-- name: access_list_bodies
SELECT name, body FROM access_lists;

-- name: access_list_bodies_of
SELECT l.name, l.body FROM json_each(?) AS asked JOIN access_lists AS l ON l.name = asked.value;

-- name: access_list_id
SELECT id FROM access_lists WHERE name = ?;

-- name: last_access_list_id
SELECT ifnull(max(id), 0) FROM access_lists;

-- name: put_access_list
INSERT INTO access_lists (id, name, org, fingerprint, members_fingerprint, member_count, body)
VALUES (?, ?, ?, ?, '', 0, ?)
ON CONFLICT (id) DO UPDATE SET org = excluded.org, fingerprint = excluded.fingerprint, body = excluded.body;

-- name: delete_access_list
DELETE FROM access_lists WHERE id = ?;

-- name: set_members_fingerprint
UPDATE access_lists SET members_fingerprint = ?, member_count = ? WHERE id = ?;
