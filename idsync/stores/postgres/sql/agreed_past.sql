-- name: any_past
SELECT EXISTS (SELECT 1 FROM idsync.former_names WHERE target = $1)
    OR EXISTS (SELECT 1 FROM idsync.lifted_locks WHERE target = $1)
    OR EXISTS (SELECT 1 FROM idsync.ended_memberships WHERE target = $1);

-- name: former_names
SELECT name, okta_id, until, by_hand FROM idsync.former_names WHERE target = $1 ORDER BY name, okta_id;

-- name: former_names_of
SELECT f.name, f.okta_id, f.until, f.by_hand
FROM unnest($2::text[]) AS asked (value) JOIN idsync.former_names AS f ON f.target = $1 AND f.okta_id = asked.value
UNION
SELECT f.name, f.okta_id, f.until, f.by_hand
FROM unnest($3::text[]) AS asked (value) JOIN idsync.former_names AS f ON f.target = $1 AND f.name = asked.value
ORDER BY 1, 2;

-- name: put_former_name
-- rows: target text, name text, okta_id text, until text, by_hand bigint
INSERT INTO idsync.former_names (target, name, okta_id, until, by_hand)
SELECT target, name, okta_id, until, by_hand FROM given
ON CONFLICT (target, name, okta_id) DO UPDATE SET until = excluded.until, by_hand = excluded.by_hand;

-- name: delete_former_name
-- rows: target text, name text, okta_id text
DELETE FROM idsync.former_names AS f USING given
WHERE f.target = given.target AND f.name = given.name AND f.okta_id = given.okta_id;

-- name: lifted_locks
SELECT okta_id, event, at FROM idsync.lifted_locks WHERE target = $1 ORDER BY okta_id;

-- name: lifted_locks_of
SELECT l.okta_id, l.event, l.at
FROM unnest($2::text[]) AS asked (value) JOIN idsync.lifted_locks AS l ON l.target = $1 AND l.okta_id = asked.value
ORDER BY 1;

-- name: put_lifted_lock
-- rows: target text, okta_id text, event text, at text
INSERT INTO idsync.lifted_locks (target, okta_id, event, at) SELECT target, okta_id, event, at FROM given
ON CONFLICT (target, okta_id) DO UPDATE SET event = excluded.event, at = excluded.at;

-- name: delete_lifted_lock
-- rows: target text, okta_id text
DELETE FROM idsync.lifted_locks AS l USING given WHERE l.target = given.target AND l.okta_id = given.okta_id;

-- name: ended_memberships
SELECT access_list, okta_id, expires FROM idsync.ended_memberships WHERE target = $1 ORDER BY access_list, okta_id;

-- name: ended_memberships_of
SELECT e.access_list, e.okta_id, e.expires
FROM unnest($2::text[]) AS asked (value) JOIN idsync.ended_memberships AS e ON e.target = $1 AND e.okta_id = asked.value
ORDER BY 1, 2;

-- name: put_ended_membership
-- rows: target text, access_list text, okta_id text, expires text
INSERT INTO idsync.ended_memberships (target, access_list, okta_id, expires)
SELECT target, access_list, okta_id, expires FROM given
ON CONFLICT (target, access_list, okta_id) DO UPDATE SET expires = excluded.expires;

-- name: delete_ended_membership
-- rows: target text, access_list text, okta_id text
DELETE FROM idsync.ended_memberships AS e USING given
WHERE e.target = given.target AND e.access_list = given.access_list AND e.okta_id = given.okta_id;

-- name: delete_ended_memberships
-- rows: target text, access_list text
DELETE FROM idsync.ended_memberships AS e USING given
WHERE e.target = given.target AND e.access_list = given.access_list;
