-- name: differences
SELECT address, agreed, entry FROM differences;

-- name: any_differences
SELECT EXISTS (SELECT 1 FROM differences);

-- name: differences_of
SELECT d.address, d.agreed, d.entry
FROM json_each(?1) AS asked CROSS JOIN differences AS d ON d.address = 'user/' || asked.value
UNION
SELECT d.address, d.agreed, d.entry
FROM json_each(?2) AS asked CROSS JOIN differences AS d ON d.address = 'access_list/' || asked.value
UNION
SELECT d.address, d.agreed, d.entry
FROM json_each(?2) AS asked
CROSS JOIN differences AS d
    ON d.address > 'access_list_member/' || asked.value || '/' AND d.address < 'access_list_member/' || asked.value || '0'
UNION
SELECT d.address, d.agreed, d.entry
FROM json_each(?3) AS asked CROSS JOIN differences AS d ON d.address = asked.value
UNION
SELECT address, agreed, entry FROM differences WHERE address > 'lock/' AND address < 'lock0';

-- name: put_difference
INSERT INTO differences (address, agreed, entry) VALUES (?, ?, ?)
ON CONFLICT (address) DO UPDATE SET agreed = excluded.agreed, entry = excluded.entry;

-- name: settle
DELETE FROM differences WHERE address IN (SELECT value FROM json_each(?));

-- name: put_agreed
INSERT INTO agreed_objects (target, address, fingerprint) VALUES (?, ?, ?)
ON CONFLICT (target, address) DO UPDATE SET fingerprint = excluded.fingerprint;

-- name: delete_agreed
DELETE FROM agreed_objects WHERE target = ? AND address = ?;

-- name: agreed_bodies_of
SELECT a.address, b.body
FROM json_each(?2) AS asked
CROSS JOIN agreed_objects AS a ON a.target = ?1 AND a.address = asked.value
CROSS JOIN bodies AS b ON b.fingerprint = a.fingerprint;

-- name: put_agreed_member
INSERT INTO agreed_members (target, list_id, name_id, details_id) VALUES (?, ?, ?, ?)
ON CONFLICT (target, list_id, name_id) DO UPDATE SET details_id = excluded.details_id;

-- name: delete_agreed_member
DELETE FROM agreed_members WHERE target = ? AND list_id = ? AND name_id = ?;

-- name: delete_agreed_members
DELETE FROM agreed_members WHERE target = ? AND list_id = (SELECT id FROM names WHERE name = ?);

-- name: agreed_members_of
SELECT l.name, n.name, m.details_id
FROM json_each(?2) AS asked
CROSS JOIN names AS l ON l.name = asked.value
CROSS JOIN agreed_members AS m ON m.target = ?1 AND m.list_id = l.id
CROSS JOIN names AS n ON n.id = m.name_id;

-- name: agreed_addresses
SELECT address FROM agreed_objects WHERE target = ? AND address > ? AND address < ?;

-- name: agreed_among
SELECT a.address
FROM json_each(?2) AS asked
CROSS JOIN agreed_objects AS a ON a.target = ?1 AND a.address = asked.value;

-- name: agreed_names_of
SELECT l.name, n.name
FROM json_each(?2) AS asked
CROSS JOIN names AS l ON l.name = asked.value
CROSS JOIN agreed_members AS m ON m.target = ?1 AND m.list_id = l.id
CROSS JOIN names AS n ON n.id = m.name_id;

-- name: agreed_names_among
SELECT l.name, n.name
FROM json_each(?2) AS asked
CROSS JOIN names AS l ON l.name = asked.value
CROSS JOIN json_each(?3) AS person
CROSS JOIN names AS n ON n.name = person.value
CROSS JOIN agreed_members AS m ON m.target = ?1 AND m.list_id = l.id AND m.name_id = n.id;

-- name: count_agreed_members
SELECT count(*) FROM agreed_members WHERE target = ?;
