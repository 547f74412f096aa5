-- name: differences
SELECT address, agreed, entry FROM idsync.differences;

-- name: any_differences
SELECT EXISTS (SELECT 1 FROM idsync.differences);

-- name: differences_of
SELECT d.address, d.agreed, d.entry
FROM unnest($1::text[]) AS asked (value) JOIN idsync.differences AS d ON d.address = 'user/' || asked.value
UNION
SELECT d.address, d.agreed, d.entry
FROM unnest($2::text[]) AS asked (value) JOIN idsync.differences AS d ON d.address = 'access_list/' || asked.value
UNION
SELECT d.address, d.agreed, d.entry
FROM unnest($2::text[]) AS asked (value)
JOIN idsync.differences AS d
    ON d.address > 'access_list_member/' || asked.value || '/' AND d.address < 'access_list_member/' || asked.value || '0'
UNION
SELECT d.address, d.agreed, d.entry
FROM unnest($3::text[]) AS asked (value) JOIN idsync.differences AS d ON d.address = asked.value
UNION
SELECT address, agreed, entry FROM idsync.differences WHERE address > 'lock/' AND address < 'lock0';

-- name: put_difference
-- rows: address text, agreed bytea, entry bigint
INSERT INTO idsync.differences (address, agreed, entry) SELECT address, agreed, entry FROM given
ON CONFLICT (address) DO UPDATE SET agreed = excluded.agreed, entry = excluded.entry;

-- name: settle
DELETE FROM idsync.differences WHERE address = ANY ($1::text[]);

-- name: put_agreed
INSERT INTO idsync.agreed_objects (target, address, fingerprint) VALUES ($1, $2, $3)
ON CONFLICT (target, address) DO UPDATE SET fingerprint = excluded.fingerprint;

-- name: delete_agreed
DELETE FROM idsync.agreed_objects WHERE target = $1 AND address = $2;

-- name: agreed_bodies_of
SELECT a.address, b.body
FROM unnest($2::text[]) AS asked (value)
JOIN idsync.agreed_objects AS a ON a.target = $1 AND a.address = asked.value
JOIN idsync.bodies AS b ON b.fingerprint = a.fingerprint;

-- name: put_agreed_member
-- rows: target text, list_id bigint, name_id bigint, details_id bigint
INSERT INTO idsync.agreed_members (target, list_id, name_id, details_id)
SELECT target, list_id, name_id, details_id FROM given
ON CONFLICT (target, list_id, name_id) DO UPDATE SET details_id = excluded.details_id;

-- name: delete_agreed_member
-- rows: target text, list_id bigint, name_id bigint
DELETE FROM idsync.agreed_members AS m USING given
WHERE m.target = given.target AND m.list_id = given.list_id AND m.name_id = given.name_id;

-- name: delete_agreed_members
DELETE FROM idsync.agreed_members WHERE target = $1 AND list_id = (SELECT id FROM idsync.names WHERE name = $2);

-- name: agreed_members_of
SELECT l.name, n.name, m.details_id
FROM unnest($2::text[]) AS asked (value)
JOIN idsync.names AS l ON l.name = asked.value
JOIN idsync.agreed_members AS m ON m.target = $1 AND m.list_id = l.id
JOIN idsync.names AS n ON n.id = m.name_id;

-- name: agreed_addresses
SELECT address FROM idsync.agreed_objects WHERE target = $1 AND address > $2 AND address < $3;

-- name: agreed_among
SELECT a.address
FROM unnest($2::text[]) AS asked (value)
JOIN idsync.agreed_objects AS a ON a.target = $1 AND a.address = asked.value;

-- name: agreed_names_of
SELECT l.name, n.name
FROM unnest($2::text[]) AS asked (value)
JOIN idsync.names AS l ON l.name = asked.value
JOIN idsync.agreed_members AS m ON m.target = $1 AND m.list_id = l.id
JOIN idsync.names AS n ON n.id = m.name_id;

-- name: agreed_names_among
SELECT l.name, n.name
FROM unnest($2::text[]) AS asked (value)
JOIN idsync.names AS l ON l.name = asked.value
CROSS JOIN unnest($3::text[]) AS person (value)
JOIN idsync.names AS n ON n.name = person.value
JOIN idsync.agreed_members AS m ON m.target = $1 AND m.list_id = l.id AND m.name_id = n.id;

-- name: count_agreed_members
SELECT count(*) FROM idsync.agreed_members WHERE target = $1;
