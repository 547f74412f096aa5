-- name: names
SELECT id, name FROM idsync.names;

-- name: names_of
SELECT name, id FROM idsync.names WHERE name = ANY($1::text[]);

-- name: last_name_id
SELECT coalesce(max(id), 0) FROM idsync.names;

-- name: add_name
-- rows: id bigint, name text
INSERT INTO idsync.names (id, name) SELECT id, name FROM given;

-- name: details
SELECT id, body FROM idsync.membership_details WHERE id = ANY ($1::bigint[]);

-- name: details_id
SELECT id FROM idsync.membership_details WHERE sha256(body) = sha256($1::bytea);

-- name: add_details
INSERT INTO idsync.membership_details (id, body)
SELECT coalesce(max(id), 0) + 1, $1::bytea FROM idsync.membership_details
ON CONFLICT DO NOTHING;

-- name: clear_details
-- The greatest number stays, so that none is given twice.
DELETE FROM idsync.membership_details AS d
WHERE d.id < (SELECT max(id) FROM idsync.membership_details)
    AND NOT EXISTS (
        SELECT FROM (SELECT details_id FROM idsync.members UNION SELECT details_id FROM idsync.agreed_members) AS used
        WHERE used.details_id = d.id
    );

-- name: any_members
SELECT EXISTS (SELECT 1 FROM idsync.members);

-- name: count_members_of
SELECT coalesce(sum(l.member_count), 0)::bigint
FROM unnest($1::text[]) AS asked (value) JOIN idsync.access_lists AS l ON l.name = asked.value;

-- name: add_members
-- rows: list_id bigint, details_id bigint, name_ids bigint[]
INSERT INTO idsync.members (list_id, name_id, details_id)
SELECT given.list_id, asked.value, given.details_id FROM given CROSS JOIN unnest(given.name_ids) AS asked (value)
ON CONFLICT (list_id, name_id) DO UPDATE SET details_id = excluded.details_id;

-- name: remove_members
DELETE FROM idsync.members WHERE list_id = $1 AND name_id IN (
    SELECT n.id FROM unnest($2::text[]) AS asked (value) JOIN idsync.names AS n ON n.name = asked.value
);

-- name: delete_members
DELETE FROM idsync.members WHERE list_id = $1;

-- name: members_among
SELECT n.name, m.details_id
FROM unnest($1::text[]) AS asked (value)
JOIN idsync.names AS n ON n.name = asked.value
JOIN idsync.members AS m ON m.list_id = $2 AND m.name_id = n.id;

-- name: members_in_bulk
-- Both lists of numbers are JSON.
SELECT l.name, m.ids, m.lowest, m.highest, m.details
FROM (
    SELECT list_id, array_to_json(array_agg(name_id))::text AS ids, min(details_id) AS lowest,
        max(details_id) AS highest,
        CASE WHEN min(details_id) < max(details_id) THEN array_to_json(array_agg(details_id))::text END AS details
    FROM idsync.members
    WHERE $1::text[] IS NULL
        OR list_id IN (
            SELECT x.id FROM unnest($1::text[]) AS asked (value) JOIN idsync.access_lists AS x ON x.name = asked.value
        )
    GROUP BY list_id
) AS m
JOIN idsync.access_lists AS l ON l.id = m.list_id;

-- name: members_of_lists
SELECT l.name, n.name, m.details_id
FROM unnest($1::text[]) AS asked (value)
JOIN idsync.access_lists AS l ON l.name = asked.value
JOIN idsync.members AS m ON m.list_id = l.id
JOIN idsync.names AS n ON n.id = m.name_id;

-- name: members_of_people
SELECT l.name, n.name, m.details_id
FROM idsync.members AS m
JOIN idsync.access_lists AS l ON l.id = m.list_id
JOIN idsync.names AS n ON n.id = m.name_id
WHERE m.name_id = ANY ($1::bigint[]);

-- name: make_members_by_name
-- Nothing: the index is there from the start.
