-- name: any_past
SELECT EXISTS (SELECT 1 FROM former_names WHERE target = ?1)
    OR EXISTS (SELECT 1 FROM lifted_locks WHERE target = ?1)
    OR EXISTS (SELECT 1 FROM ended_memberships WHERE target = ?1);

-- name: former_names
SELECT name, okta_id, until, by_hand FROM former_names WHERE target = ? ORDER BY name, okta_id;

-- name: former_names_of
SELECT f.name, f.okta_id, f.until, f.by_hand
FROM json_each(?2) AS asked CROSS JOIN former_names AS f ON f.target = ?1 AND f.okta_id = asked.value
UNION
SELECT f.name, f.okta_id, f.until, f.by_hand
FROM json_each(?3) AS asked CROSS JOIN former_names AS f ON f.target = ?1 AND f.name = asked.value
ORDER BY 1, 2;

-- name: put_former_name
INSERT INTO former_names (target, name, okta_id, until, by_hand) VALUES (?, ?, ?, ?, ?)
ON CONFLICT (target, name, okta_id) DO UPDATE SET until = excluded.until, by_hand = excluded.by_hand;

-- name: delete_former_name
DELETE FROM former_names WHERE target = ? AND name = ? AND okta_id = ?;

-- name: lifted_locks
SELECT okta_id, event, at FROM lifted_locks WHERE target = ? ORDER BY okta_id;

-- name: lifted_locks_of
SELECT l.okta_id, l.event, l.at
FROM json_each(?2) AS asked CROSS JOIN lifted_locks AS l ON l.target = ?1 AND l.okta_id = asked.value
ORDER BY 1;

-- name: put_lifted_lock
INSERT INTO lifted_locks (target, okta_id, event, at) VALUES (?, ?, ?, ?)
ON CONFLICT (target, okta_id) DO UPDATE SET event = excluded.event, at = excluded.at;

-- name: delete_lifted_lock
DELETE FROM lifted_locks WHERE target = ? AND okta_id = ?;

-- name: ended_memberships
SELECT access_list, okta_id, expires FROM ended_memberships WHERE target = ? ORDER BY access_list, okta_id;

-- name: ended_memberships_of
SELECT e.access_list, e.okta_id, e.expires
FROM json_each(?2) AS asked CROSS JOIN ended_memberships AS e ON e.target = ?1 AND e.okta_id = asked.value
ORDER BY 1, 2;

-- name: put_ended_membership
INSERT INTO ended_memberships (target, access_list, okta_id, expires) VALUES (?, ?, ?, ?)
ON CONFLICT (target, access_list, okta_id) DO UPDATE SET expires = excluded.expires;

-- name: delete_ended_membership
DELETE FROM ended_memberships WHERE target = ? AND access_list = ? AND okta_id = ?;

-- name: delete_ended_memberships
DELETE FROM ended_memberships WHERE target = ? AND access_list = ?;
