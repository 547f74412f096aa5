-- name: upstream_head
SELECT head FROM upstream;

-- name: put_upstream_head
INSERT INTO upstream (id, head) VALUES (1, ?) ON CONFLICT (id) DO UPDATE SET head = excluded.head;

-- name: add_upstream_ids
INSERT INTO upstream_ids (okta_id) SELECT value FROM json_each(?) WHERE true ON CONFLICT (okta_id) DO NOTHING;

-- name: upstream_numbers
SELECT i.okta_id, i.number FROM json_each(?) AS asked JOIN upstream_ids AS i ON i.okta_id = asked.value;

-- name: upstream_user_ids
SELECT i.okta_id FROM upstream_users AS u JOIN upstream_ids AS i ON i.number = u.number;

-- name: upstream_list_kinds
SELECT i.okta_id, l.kind FROM upstream_lists AS l JOIN upstream_ids AS i ON i.number = l.number;

-- name: upstream_users
SELECT i.okta_id, u.body FROM upstream_users AS u JOIN upstream_ids AS i ON i.number = u.number;

-- name: upstream_people_of
SELECT i.okta_id, u.body, a.status
FROM json_each(?) AS asked
JOIN upstream_ids AS i ON i.okta_id = asked.value
LEFT JOIN upstream_users AS u ON u.number = i.number
LEFT JOIN upstream_away AS a ON a.number = i.number;

-- name: upstream_usernames_of
SELECT i.okta_id, u.username
FROM json_each(?) AS asked
JOIN upstream_ids AS i ON i.okta_id = asked.value
JOIN upstream_users AS u ON u.number = i.number;

-- name: upstream_users_named
SELECT i.okta_id
FROM json_each(?) AS asked
JOIN upstream_users AS u ON u.twin_key = asked.value
JOIN upstream_ids AS i ON i.number = u.number;

-- name: put_upstream_user
INSERT INTO upstream_users (number, username, twin_key, status, body)
SELECT number, ?, ?, ?, ? FROM upstream_ids WHERE okta_id = ?
ON CONFLICT (number) DO UPDATE SET
    username = excluded.username, twin_key = excluded.twin_key, status = excluded.status, body = excluded.body;

-- name: delete_upstream_user
DELETE FROM upstream_users WHERE number = (SELECT number FROM upstream_ids WHERE okta_id = ?);

-- name: upstream_away
SELECT i.okta_id, a.status FROM upstream_away AS a JOIN upstream_ids AS i ON i.number = a.number;

-- name: put_upstream_away
INSERT INTO upstream_away (number, status) SELECT number, ? FROM upstream_ids WHERE okta_id = ?
ON CONFLICT (number) DO UPDATE SET status = excluded.status;

-- name: delete_upstream_away
DELETE FROM upstream_away WHERE number = (SELECT number FROM upstream_ids WHERE okta_id = ?);

-- name: upstream_lists
SELECT i.okta_id, l.kind, l.body FROM upstream_lists AS l JOIN upstream_ids AS i ON i.number = l.number;

-- name: upstream_lists_of
SELECT i.okta_id, l.kind, l.body
FROM json_each(?) AS asked
JOIN upstream_ids AS i ON i.okta_id = asked.value
JOIN upstream_lists AS l ON l.number = i.number;

-- name: upstream_groups_named
SELECT i.okta_id
FROM upstream_lists AS l JOIN upstream_ids AS i ON i.number = l.number
WHERE l.kind = 'group' AND l.name = ?
ORDER BY i.okta_id;

-- name: put_upstream_list
INSERT INTO upstream_lists (number, kind, name, body) VALUES (?, ?, ?, ?)
ON CONFLICT (number) DO UPDATE SET kind = excluded.kind, name = excluded.name, body = excluded.body;

-- name: delete_upstream_list
DELETE FROM upstream_lists WHERE number = ?;

-- name: upstream_members
SELECT l.okta_id, i.okta_id
FROM upstream_members AS m
JOIN upstream_ids AS l ON l.number = m.list
JOIN upstream_ids AS i ON i.number = m.member;

-- name: upstream_members_of
SELECT l.okta_id, i.okta_id
FROM json_each(?) AS asked
JOIN upstream_ids AS l ON l.okta_id = asked.value
JOIN upstream_members AS m ON m.list = l.number
JOIN upstream_ids AS i ON i.number = m.member;

-- name: upstream_lists_of_members
SELECT l.okta_id, i.okta_id
FROM json_each(?) AS asked
JOIN upstream_ids AS i ON i.okta_id = asked.value
JOIN upstream_members AS m ON m.member = i.number
JOIN upstream_ids AS l ON l.number = m.list;

-- name: upstream_members_among
-- CROSS JOIN keeps the order of the joins: who is asked for, not everybody in the list.
SELECT i.okta_id
FROM json_each(?) AS asked
CROSS JOIN upstream_ids AS i ON i.okta_id = asked.value
CROSS JOIN upstream_members AS m ON m.list = ? AND m.member = i.number;

-- name: add_upstream_member
INSERT INTO upstream_members (list, member) VALUES (?, ?) ON CONFLICT DO NOTHING;

-- name: delete_upstream_member
DELETE FROM upstream_members WHERE list = ? AND member = ?;

-- name: delete_upstream_links
DELETE FROM upstream_links WHERE app = ?;

-- name: add_upstream_link
INSERT INTO upstream_links (app, conveyed_by) VALUES (?, ?);

-- name: upstream_linked
SELECT i.okta_id
FROM json_each(?1) AS asked
CROSS JOIN upstream_ids AS a ON a.okta_id = asked.value
CROSS JOIN upstream_links AS l ON l.app = a.number
CROSS JOIN upstream_ids AS i ON i.number = l.conveyed_by
UNION
SELECT i.okta_id
FROM json_each(?1) AS asked
CROSS JOIN upstream_ids AS g ON g.okta_id = asked.value
CROSS JOIN upstream_links AS l ON l.conveyed_by = g.number
CROSS JOIN upstream_ids AS i ON i.number = l.app;

-- name: has_other_upstream_members
SELECT EXISTS (
    SELECT 1
    FROM upstream_ids AS l
    JOIN upstream_members AS m ON m.list = l.number
    CROSS JOIN upstream_users AS u ON u.number = m.member
    WHERE l.okta_id = ?1
        AND u.status IN (SELECT value FROM json_each(?2))
        AND m.member NOT IN (
            SELECT i.number FROM json_each(?3) AS asked JOIN upstream_ids AS i ON i.okta_id = asked.value
        )
);
