-- name: add_body
INSERT INTO bodies (fingerprint, body) VALUES (?, ?) ON CONFLICT (fingerprint) DO NOTHING;

-- name: bodies_of
SELECT asked.value, b.body FROM json_each(?) AS asked JOIN bodies AS b ON b.fingerprint = from_hex(asked.value);
