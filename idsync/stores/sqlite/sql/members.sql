-- name: names
SELECT id, name FROM names;

-- name: names_of
SELECT n.name, n.id FROM json_each(?) AS asked JOIN names AS n ON n.name = asked.value;

-- name: last_name_id
SELECT ifnull(max(id), 0) FROM names;

-- name: add_name
INSERT INTO names (id, name) VALUES (?, ?);

-- name: details
SELECT id, body FROM membership_details WHERE id IN (SELECT value FROM json_each(?));

-- name: details_id
SELECT id FROM membership_details WHERE body = ?;

-- name: add_details
INSERT INTO membership_details (body) VALUES (?) ON CONFLICT (body) DO NOTHING;

-- name: clear_details
-- The greatest number stays, so that none is given twice.
DELETE FROM membership_details
WHERE id < (SELECT max(id) FROM membership_details)
    AND id NOT IN (SELECT details_id FROM members UNION SELECT details_id FROM agreed_members);

-- name: any_members
SELECT EXISTS (SELECT 1 FROM members);

-- name: count_members_of
SELECT ifnull(sum(l.member_count), 0) FROM json_each(?) AS asked JOIN access_lists AS l ON l.name = asked.value;

-- name: add_members
INSERT INTO members (list_id, name_id, details_id)
SELECT ?, asked.value, ? FROM json_each(?) AS asked WHERE true
ON CONFLICT (list_id, name_id) DO UPDATE SET details_id = excluded.details_id;

-- name: remove_members
DELETE FROM members WHERE list_id = ? AND name_id IN (
    SELECT n.id FROM json_each(?) AS asked JOIN names AS n ON n.name = asked.value
);

-- name: delete_members
DELETE FROM members WHERE list_id = ?;

-- name: members_among
SELECT n.name, m.details_id
FROM json_each(?1) AS asked
CROSS JOIN names AS n ON n.name = asked.value
CROSS JOIN members AS m ON m.list_id = ?2 AND m.name_id = n.id;

-- name: members_in_bulk
SELECT l.name, m.ids, m.lowest, m.highest, m.details
FROM (
    SELECT list_id, json_group_array(name_id) AS ids, min(details_id) AS lowest, max(details_id) AS highest,
        CASE WHEN min(details_id) < max(details_id) THEN json_group_array(details_id) END AS details
    FROM members
    WHERE ?1 IS NULL
        OR list_id IN (SELECT x.id FROM json_each(?1) AS asked JOIN access_lists AS x ON x.name = asked.value)
    GROUP BY list_id
) AS m
JOIN access_lists AS l ON l.id = m.list_id;

-- name: members_of_lists
SELECT l.name, n.name, m.details_id
FROM json_each(?) AS asked
JOIN access_lists AS l ON l.name = asked.value
JOIN members AS m ON m.list_id = l.id
JOIN names AS n ON n.id = m.name_id;

-- name: members_of_people
-- One pass over the members where their index by name is still to be made; CROSS JOIN keeps the order of the joins.
SELECT l.name, n.name, m.details_id
FROM members AS m
CROSS JOIN access_lists AS l ON l.id = m.list_id
CROSS JOIN names AS n ON n.id = m.name_id
WHERE m.name_id IN (SELECT value FROM json_each(?));

-- name: make_members_by_name
CREATE INDEX IF NOT EXISTS members_by_name ON members (name_id);
