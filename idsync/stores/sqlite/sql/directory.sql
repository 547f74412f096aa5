-- name: serial
SELECT serial, pushes, details_cleared FROM directory;

-- name: count
UPDATE directory SET
    serial = serial + ?, pushes = max(pushes, ?), details_cleared = max(details_cleared, ?);

-- name: counts
SELECT org, people, memberships, access_lists, app_groups FROM owned_counts;

-- name: add_counts
INSERT INTO owned_counts (org, people, memberships, access_lists, app_groups) VALUES (?, ?, ?, ?, ?)
ON CONFLICT (org) DO UPDATE SET
    people = people + excluded.people,
    memberships = memberships + excluded.memberships,
    access_lists = access_lists + excluded.access_lists,
    app_groups = app_groups + excluded.app_groups;

-- name: user_entries
SELECT name, CASE WHEN org = ? THEN okta_id END, fingerprint FROM users;

-- name: user_entries_of
SELECT u.name, CASE WHEN u.org = ?1 THEN u.okta_id END, u.fingerprint
FROM json_each(?2) AS asked
CROSS JOIN names AS n ON n.name = asked.value
CROSS JOIN users AS u ON u.id = n.id;

-- name: users_known_as
SELECT u.name FROM json_each(?1) AS asked JOIN users AS u ON u.okta_id = asked.value AND u.okta_id <> ''
UNION
SELECT u.name FROM json_each(?2) AS asked JOIN users AS u ON u.twin_key = asked.value AND u.twin_key IS NOT NULL
UNION
SELECT u.name
FROM json_each(?2) AS asked
CROSS JOIN names AS n ON n.name = asked.value
CROSS JOIN users AS u ON u.id = n.id AND u.twin_key IS NULL;

-- name: user_bodies
SELECT u.name, b.body FROM users AS u LEFT JOIN bodies AS b ON b.fingerprint = u.fingerprint;

-- name: user_bodies_of
SELECT u.name, b.body
FROM json_each(?) AS asked
CROSS JOIN names AS n ON n.name = asked.value
CROSS JOIN users AS u ON u.id = n.id
LEFT JOIN bodies AS b ON b.fingerprint = u.fingerprint;

-- name: search_users
SELECT name FROM users WHERE name LIKE ? ESCAPE '\' ORDER BY name LIMIT ?;

-- name: any_users
SELECT EXISTS (SELECT 1 FROM users);

-- name: count_users
SELECT u.org, count(*) FROM json_each(?) AS asked CROSS JOIN users AS u ON u.id = asked.value GROUP BY u.org;

-- name: user_org
SELECT u.org FROM names AS n JOIN users AS u ON u.id = n.id WHERE n.name = ?;

-- name: put_user
INSERT INTO users (id, name, org, okta_id, twin_key, fingerprint) VALUES (?, ?, ?, ?, ?, ?)
ON CONFLICT (id) DO UPDATE SET
    org = excluded.org, okta_id = excluded.okta_id, fingerprint = excluded.fingerprint;

-- name: make_users_by_okta_id
CREATE INDEX IF NOT EXISTS users_by_okta_id ON users (okta_id) WHERE okta_id <> '';

-- name: make_users_by_twin_key
CREATE INDEX IF NOT EXISTS users_by_twin_key ON users (twin_key) WHERE twin_key IS NOT NULL;

-- name: delete_user
DELETE FROM users WHERE id = (SELECT id FROM names WHERE name = ?);

-- name: lock_bodies
SELECT l.name, b.body FROM locks AS l LEFT JOIN bodies AS b ON b.fingerprint = l.fingerprint;

-- name: lock_bodies_of
SELECT found.name, found.user, b.body
FROM (
    SELECT l.name, l.user, l.fingerprint
    FROM json_each(?1) AS asked CROSS JOIN locks AS l ON l.user = asked.value AND l.user <> ''
    UNION
    SELECT l.name, l.user, l.fingerprint FROM json_each(?2) AS asked CROSS JOIN locks AS l ON l.name = asked.value
) AS found
LEFT JOIN bodies AS b ON b.fingerprint = found.fingerprint;

-- name: ended_lock_bodies
SELECT l.name, b.body
FROM locks AS l LEFT JOIN bodies AS b ON b.fingerprint = l.fingerprint
WHERE l.ends IS NOT NULL AND l.ends <= ?;

-- name: put_lock
INSERT INTO locks (name, user, ends, fingerprint) VALUES (?, ?, ?, ?)
ON CONFLICT (name) DO UPDATE SET user = excluded.user, ends = excluded.ends, fingerprint = excluded.fingerprint;

-- name: delete_lock
DELETE FROM locks WHERE name = ?;

-- name: access_list_entries
SELECT name, org = ?, fingerprint, members_sum, member_count FROM access_lists;

-- name: access_list_entries_of
SELECT l.name, l.org = ?1, l.fingerprint, l.members_sum, l.member_count
FROM json_each(?2) AS asked CROSS JOIN access_lists AS l ON l.name = asked.value;

-- name: access_list
SELECT id, org, fingerprint, member_count, members_sum FROM access_lists WHERE name = ?;

-- name: access_list_bodies
SELECT l.name, b.body FROM access_lists AS l LEFT JOIN bodies AS b ON b.fingerprint = l.fingerprint;

-- name: access_list_bodies_of
SELECT l.name, b.body
FROM json_each(?) AS asked
CROSS JOIN access_lists AS l ON l.name = asked.value
LEFT JOIN bodies AS b ON b.fingerprint = l.fingerprint;

-- name: last_access_list_id
SELECT ifnull(max(id), 0) FROM access_lists;

-- name: put_access_list
INSERT INTO access_lists (id, name, org, fingerprint, member_count, members_sum) VALUES (?, ?, ?, ?, ?, ?)
ON CONFLICT (id) DO UPDATE SET
    org = excluded.org,
    fingerprint = excluded.fingerprint,
    member_count = excluded.member_count,
    members_sum = excluded.members_sum;

-- name: delete_access_list
DELETE FROM access_lists WHERE id = ?;

-- name: owned_by
SELECT DISTINCT l.name
FROM json_each(?) AS asked
CROSS JOIN names AS n ON n.name = asked.value
CROSS JOIN list_owners AS o ON o.name_id = n.id
CROSS JOIN access_lists AS l ON l.id = o.list_id;

-- name: add_owner
INSERT INTO list_owners (list_id, name_id) VALUES (?, ?);

-- name: delete_owners
DELETE FROM list_owners WHERE list_id = ?;
