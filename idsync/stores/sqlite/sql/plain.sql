-- name: plain_entries
SELECT address, org = ?, fingerprint FROM plain_resources;

-- name: plain_entries_of
SELECT p.address, p.org = ?1, p.fingerprint
FROM json_each(?2) AS asked CROSS JOIN plain_resources AS p ON p.address = asked.value;

-- name: plain_bodies
SELECT p.address, b.body FROM plain_resources AS p LEFT JOIN bodies AS b ON b.fingerprint = p.fingerprint;

-- name: plain_bodies_of
SELECT p.address, b.body
FROM json_each(?) AS asked
CROSS JOIN plain_resources AS p ON p.address = asked.value
LEFT JOIN bodies AS b ON b.fingerprint = p.fingerprint;

-- name: plain_orgs_of
SELECT p.address, p.org FROM json_each(?) AS asked CROSS JOIN plain_resources AS p ON p.address = asked.value;

-- name: put_plain
INSERT INTO plain_resources (address, org, fingerprint) VALUES (?, ?, ?)
ON CONFLICT (address) DO UPDATE SET org = excluded.org, fingerprint = excluded.fingerprint;

-- name: delete_plain
DELETE FROM plain_resources WHERE address = ?;
