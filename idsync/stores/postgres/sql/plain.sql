-- name: plain_entries
SELECT address, org = $1, fingerprint FROM idsync.plain_resources;

-- name: plain_entries_of
SELECT p.address, p.org = $1, p.fingerprint
FROM unnest($2::text[]) AS asked (value) JOIN idsync.plain_resources AS p ON p.address = asked.value;

-- name: plain_bodies
SELECT p.address, b.body
FROM idsync.plain_resources AS p LEFT JOIN idsync.bodies AS b ON b.fingerprint = p.fingerprint;

-- name: plain_bodies_of
SELECT p.address, b.body
FROM unnest($1::text[]) AS asked (value)
JOIN idsync.plain_resources AS p ON p.address = asked.value
LEFT JOIN idsync.bodies AS b ON b.fingerprint = p.fingerprint;

-- name: plain_orgs_of
SELECT p.address, p.org
FROM unnest($1::text[]) AS asked (value) JOIN idsync.plain_resources AS p ON p.address = asked.value;

-- name: put_plain
-- rows: address text, org text, fingerprint bytea
INSERT INTO idsync.plain_resources (address, org, fingerprint) SELECT address, org, fingerprint FROM given
ON CONFLICT (address) DO UPDATE SET org = excluded.org, fingerprint = excluded.fingerprint;

-- name: delete_plain
DELETE FROM idsync.plain_resources WHERE address = $1;
