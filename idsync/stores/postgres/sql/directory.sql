-- name: serial
SELECT serial, pushes, details_cleared FROM idsync.directory;

-- name: count
UPDATE idsync.directory SET
    serial = serial + $1,
    pushes = greatest(pushes, $2),
    details_cleared = greatest(details_cleared, $3);

-- name: counts
SELECT org, people, memberships, access_lists, app_groups FROM idsync.owned_counts;

-- name: add_counts
-- rows: org text, people bigint, memberships bigint, access_lists bigint, app_groups bigint
INSERT INTO idsync.owned_counts AS kept (org, people, memberships, access_lists, app_groups)
SELECT org, people, memberships, access_lists, app_groups FROM given
ON CONFLICT (org) DO UPDATE SET
    people = kept.people + excluded.people,
    memberships = kept.memberships + excluded.memberships,
    access_lists = kept.access_lists + excluded.access_lists,
    app_groups = kept.app_groups + excluded.app_groups;

-- name: user_entries
SELECT name, CASE WHEN org = $1 THEN okta_id END, fingerprint FROM idsync.users;

-- name: user_entries_of
SELECT name, CASE WHEN org = $1 THEN okta_id END, fingerprint
FROM idsync.users
WHERE id = ANY (ARRAY(SELECT n.id FROM idsync.names AS n WHERE n.name = ANY ($2::text[])));

-- name: users_known_as
SELECT name FROM idsync.users WHERE okta_id = ANY ($1::text[]) AND okta_id <> ''
UNION
SELECT name FROM idsync.users WHERE twin_key = ANY ($2::text[]) AND twin_key IS NOT NULL
UNION
SELECT name
FROM idsync.users
WHERE id = ANY (ARRAY(SELECT n.id FROM idsync.names AS n WHERE n.name = ANY ($2::text[]))) AND twin_key IS NULL;

-- name: user_bodies
SELECT u.name, b.body FROM idsync.users AS u LEFT JOIN idsync.bodies AS b ON b.fingerprint = u.fingerprint;

-- name: user_bodies_of
SELECT u.name, (SELECT b.body FROM idsync.bodies AS b WHERE b.fingerprint = u.fingerprint)
FROM idsync.users AS u
WHERE u.id = ANY (ARRAY(SELECT n.id FROM idsync.names AS n WHERE n.name = ANY ($1::text[])));

-- name: search_users
SELECT name FROM idsync.users WHERE name ILIKE $1 ESCAPE '\' ORDER BY name LIMIT $2;

-- name: any_users
SELECT EXISTS (SELECT 1 FROM idsync.users);

-- name: count_users
SELECT org, count(*) FROM idsync.users WHERE id = ANY ($1::bigint[]) GROUP BY org;

-- name: user_org
SELECT u.org FROM idsync.names AS n JOIN idsync.users AS u ON u.id = n.id WHERE n.name = $1;

-- name: put_user
-- rows: id bigint, name text, org text, okta_id text, twin_key text, fingerprint bytea
INSERT INTO idsync.users (id, name, org, okta_id, twin_key, fingerprint)
SELECT id, name, org, okta_id, twin_key, fingerprint FROM given
ON CONFLICT (id) DO UPDATE SET
    org = excluded.org, okta_id = excluded.okta_id, fingerprint = excluded.fingerprint;

-- name: make_users_by_okta_id
-- Nothing: the index is there from the start.

-- name: make_users_by_twin_key
-- Nothing: the index is there from the start.

-- name: delete_user
DELETE FROM idsync.users WHERE id = (SELECT id FROM idsync.names WHERE name = $1);

-- name: lock_bodies
SELECT l.name, b.body FROM idsync.locks AS l LEFT JOIN idsync.bodies AS b ON b.fingerprint = l.fingerprint;

-- name: lock_bodies_of
SELECT found.name, found."user", b.body
FROM (
    SELECT l.name, l."user", l.fingerprint FROM idsync.locks AS l WHERE l."user" = ANY($1::text[]) AND l."user" <> ''
    UNION
    SELECT l.name, l."user", l.fingerprint FROM idsync.locks AS l WHERE l.name = ANY($2::text[])
) AS found
LEFT JOIN idsync.bodies AS b ON b.fingerprint = found.fingerprint;

-- name: ended_lock_bodies
SELECT l.name, b.body
FROM idsync.locks AS l LEFT JOIN idsync.bodies AS b ON b.fingerprint = l.fingerprint
WHERE l.ends IS NOT NULL AND l.ends <= $1;

-- name: put_lock
INSERT INTO idsync.locks (name, "user", ends, fingerprint) VALUES ($1, $2, $3, $4)
ON CONFLICT (name) DO UPDATE SET "user" = excluded."user", ends = excluded.ends, fingerprint = excluded.fingerprint;

-- name: delete_lock
DELETE FROM idsync.locks WHERE name = $1;

-- name: access_list_entries
SELECT name, org = $1, fingerprint, members_sum, member_count FROM idsync.access_lists;

-- name: access_list_entries_of
SELECT l.name, l.org = $1, l.fingerprint, l.members_sum, l.member_count
FROM unnest($2::text[]) AS asked (value) JOIN idsync.access_lists AS l ON l.name = asked.value;

-- name: access_list
SELECT id, org, fingerprint, member_count, members_sum FROM idsync.access_lists WHERE name = $1;

-- name: access_list_bodies
SELECT l.name, b.body FROM idsync.access_lists AS l LEFT JOIN idsync.bodies AS b ON b.fingerprint = l.fingerprint;

-- name: access_list_bodies_of
SELECT l.name, b.body
FROM unnest($1::text[]) AS asked (value)
JOIN idsync.access_lists AS l ON l.name = asked.value
LEFT JOIN idsync.bodies AS b ON b.fingerprint = l.fingerprint;

-- name: last_access_list_id
SELECT coalesce(max(id), 0) FROM idsync.access_lists;

-- name: put_access_list
-- rows: id bigint, name text, org text, fingerprint bytea, member_count bigint, members_sum bytea
INSERT INTO idsync.access_lists (id, name, org, fingerprint, member_count, members_sum)
SELECT id, name, org, fingerprint, member_count, members_sum FROM given
ON CONFLICT (id) DO UPDATE SET
    org = excluded.org,
    fingerprint = excluded.fingerprint,
    member_count = excluded.member_count,
    members_sum = excluded.members_sum;

-- name: delete_access_list
DELETE FROM idsync.access_lists WHERE id = $1;

-- name: owned_by
SELECT name
FROM idsync.access_lists
WHERE id = ANY (ARRAY(
    SELECT o.list_id
    FROM idsync.list_owners AS o
    WHERE o.name_id = ANY (ARRAY(SELECT n.id FROM idsync.names AS n WHERE n.name = ANY ($1::text[])))
));

-- name: add_owner
-- rows: list_id bigint, name_id bigint
INSERT INTO idsync.list_owners (list_id, name_id) SELECT list_id, name_id FROM given;

-- name: delete_owners
-- rows: list_id bigint
DELETE FROM idsync.list_owners AS o USING given WHERE o.list_id = given.list_id;
