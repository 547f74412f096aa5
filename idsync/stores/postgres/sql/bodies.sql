-- name: add_body
-- rows: fingerprint bytea, body bytea
INSERT INTO idsync.bodies (fingerprint, body) SELECT fingerprint, body FROM given ON CONFLICT (fingerprint) DO NOTHING;

-- name: bodies_of
SELECT asked.value, b.body
FROM unnest($1::text[]) AS asked (value) JOIN idsync.bodies AS b ON b.fingerprint = decode(asked.value, 'hex');
