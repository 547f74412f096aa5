-- name: upstream_head
SELECT head FROM idsync.upstream;

-- name: put_upstream_head
INSERT INTO idsync.upstream (id, head) VALUES (1, $1) ON CONFLICT (id) DO UPDATE SET head = excluded.head;

-- name: add_upstream_ids
-- It is given each id once.
INSERT INTO idsync.upstream_ids (number, okta_id)
SELECT (SELECT coalesce(max(number), 0) FROM idsync.upstream_ids) + row_number() OVER (), asked.value
FROM unnest($1::text[]) AS asked (value)
WHERE NOT EXISTS (SELECT 1 FROM idsync.upstream_ids AS i WHERE i.okta_id = asked.value);

-- name: upstream_numbers
SELECT i.okta_id, i.number
FROM unnest($1::text[]) AS asked (value) JOIN idsync.upstream_ids AS i ON i.okta_id = asked.value;

-- name: upstream_user_ids
SELECT i.okta_id FROM idsync.upstream_users AS u JOIN idsync.upstream_ids AS i ON i.number = u.number;

-- name: upstream_list_kinds
SELECT i.okta_id, l.kind FROM idsync.upstream_lists AS l JOIN idsync.upstream_ids AS i ON i.number = l.number;

-- name: upstream_users
SELECT i.okta_id, u.body FROM idsync.upstream_users AS u JOIN idsync.upstream_ids AS i ON i.number = u.number;

-- name: upstream_people_of
SELECT
    i.okta_id,
    (SELECT u.body FROM idsync.upstream_users AS u WHERE u.number = i.number),
    (SELECT a.status FROM idsync.upstream_away AS a WHERE a.number = i.number)
FROM idsync.upstream_ids AS i
WHERE i.okta_id = ANY ($1::text[]);

-- name: upstream_usernames_of
SELECT i.okta_id, u.username
FROM unnest($1::text[]) AS asked (value)
JOIN idsync.upstream_ids AS i ON i.okta_id = asked.value
JOIN idsync.upstream_users AS u ON u.number = i.number;

-- name: upstream_users_named
SELECT okta_id
FROM idsync.upstream_ids
WHERE number = ANY (ARRAY(SELECT u.number FROM idsync.upstream_users AS u WHERE u.twin_key = ANY ($1::text[])));

-- name: put_upstream_user
-- rows: username text, twin_key text, status text, body bytea, okta_id text
INSERT INTO idsync.upstream_users (number, username, twin_key, status, body)
SELECT
    (SELECT i.number FROM idsync.upstream_ids AS i WHERE i.okta_id = given.okta_id),
    given.username, given.twin_key, given.status, given.body
FROM given
ON CONFLICT (number) DO UPDATE SET
    username = excluded.username, twin_key = excluded.twin_key, status = excluded.status, body = excluded.body;

-- name: delete_upstream_user
-- rows: okta_id text
DELETE FROM idsync.upstream_users AS u USING given, idsync.upstream_ids AS i
WHERE i.okta_id = given.okta_id AND u.number = i.number;

-- name: upstream_away
SELECT i.okta_id, a.status FROM idsync.upstream_away AS a JOIN idsync.upstream_ids AS i ON i.number = a.number;

-- name: put_upstream_away
-- rows: status text, okta_id text
INSERT INTO idsync.upstream_away (number, status)
SELECT i.number, given.status FROM given JOIN idsync.upstream_ids AS i ON i.okta_id = given.okta_id
ON CONFLICT (number) DO UPDATE SET status = excluded.status;

-- name: delete_upstream_away
-- rows: okta_id text
DELETE FROM idsync.upstream_away AS a USING given, idsync.upstream_ids AS i
WHERE i.okta_id = given.okta_id AND a.number = i.number;

-- name: upstream_lists
SELECT i.okta_id, l.kind, l.body FROM idsync.upstream_lists AS l JOIN idsync.upstream_ids AS i ON i.number = l.number;

-- name: upstream_lists_of
SELECT i.okta_id, l.kind, l.body
FROM unnest($1::text[]) AS asked (value)
JOIN idsync.upstream_ids AS i ON i.okta_id = asked.value
JOIN idsync.upstream_lists AS l ON l.number = i.number;

-- name: upstream_groups_named
SELECT i.okta_id
FROM idsync.upstream_lists AS l JOIN idsync.upstream_ids AS i ON i.number = l.number
WHERE l.kind = 'group' AND l.name = $1
ORDER BY i.okta_id;

-- name: put_upstream_list
-- rows: number bigint, kind text, name text, body bytea
INSERT INTO idsync.upstream_lists (number, kind, name, body) SELECT number, kind, name, body FROM given
ON CONFLICT (number) DO UPDATE SET kind = excluded.kind, name = excluded.name, body = excluded.body;

-- name: delete_upstream_list
-- rows: number bigint
DELETE FROM idsync.upstream_lists AS l USING given WHERE l.number = given.number;

-- name: upstream_members
SELECT l.okta_id, i.okta_id
FROM idsync.upstream_members AS m
JOIN idsync.upstream_ids AS l ON l.number = m.list
JOIN idsync.upstream_ids AS i ON i.number = m.member;

-- name: upstream_members_of
SELECT l.okta_id, i.okta_id
FROM unnest($1::text[]) AS asked (value)
JOIN idsync.upstream_ids AS l ON l.okta_id = asked.value
JOIN idsync.upstream_members AS m ON m.list = l.number
JOIN idsync.upstream_ids AS i ON i.number = m.member;

-- name: upstream_lists_of_members
SELECT l.okta_id, i.okta_id
FROM idsync.upstream_ids AS i
JOIN idsync.upstream_members AS m ON m.member = i.number
JOIN idsync.upstream_ids AS l ON l.number = m.list
WHERE i.okta_id = ANY($1::text[]);

-- name: upstream_members_among
SELECT i.okta_id
FROM unnest($1::text[]) AS asked (value)
JOIN idsync.upstream_ids AS i ON i.okta_id = asked.value
JOIN idsync.upstream_members AS m ON m.list = $2 AND m.member = i.number;

-- name: add_upstream_member
-- rows: list bigint, member bigint
INSERT INTO idsync.upstream_members (list, member) SELECT list, member FROM given ON CONFLICT DO NOTHING;

-- name: delete_upstream_member
-- rows: list bigint, member bigint
DELETE FROM idsync.upstream_members AS m USING given WHERE m.list = given.list AND m.member = given.member;

-- name: delete_upstream_links
-- rows: app bigint
DELETE FROM idsync.upstream_links AS l USING given WHERE l.app = given.app;

-- name: add_upstream_link
-- rows: app bigint, conveyed_by bigint
INSERT INTO idsync.upstream_links (app, conveyed_by) SELECT app, conveyed_by FROM given;

-- name: upstream_linked
SELECT i.okta_id
FROM unnest($1::text[]) AS asked (value)
JOIN idsync.upstream_ids AS a ON a.okta_id = asked.value
JOIN idsync.upstream_links AS l ON l.app = a.number
JOIN idsync.upstream_ids AS i ON i.number = l.conveyed_by
UNION
SELECT i.okta_id
FROM unnest($1::text[]) AS asked (value)
JOIN idsync.upstream_ids AS g ON g.okta_id = asked.value
JOIN idsync.upstream_links AS l ON l.conveyed_by = g.number
JOIN idsync.upstream_ids AS i ON i.number = l.app;

-- name: has_other_upstream_members
SELECT EXISTS (
    SELECT 1
    FROM idsync.upstream_ids AS l
    JOIN idsync.upstream_members AS m ON m.list = l.number
    JOIN idsync.upstream_users AS u ON u.number = m.member
    WHERE l.okta_id = $1
        AND u.status = ANY ($2::text[])
        AND m.member NOT IN (
            SELECT i.number
            FROM unnest($3::text[]) AS asked (value) JOIN idsync.upstream_ids AS i ON i.okta_id = asked.value
        )
);
