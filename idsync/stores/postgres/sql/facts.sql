-- name: get_fact
SELECT value FROM idsync.facts WHERE key = $1;

-- name: facts_of
SELECT key, value FROM idsync.facts WHERE key = ANY ($1::text[]);

-- name: put_fact
-- rows: key text, value bytea
INSERT INTO idsync.facts (key, value) SELECT key, value FROM given
ON CONFLICT (key) DO UPDATE SET value = excluded.value;

-- name: delete_fact
DELETE FROM idsync.facts WHERE key = $1;

-- name: between_fact
SELECT key, value FROM idsync.facts WHERE key >= $1 AND key < $2 ORDER BY key;

-- name: delete_between_fact
DELETE FROM idsync.facts WHERE key >= $1 AND key < $2;

-- name: get_cache
SELECT value FROM idsync.cache WHERE key = $1;

-- name: put_cache
-- rows: key text, value bytea
INSERT INTO idsync.cache (key, value) SELECT key, value FROM given
ON CONFLICT (key) DO UPDATE SET value = excluded.value;

-- name: delete_cache
DELETE FROM idsync.cache WHERE key = $1;

-- name: between_cache
SELECT key, value FROM idsync.cache WHERE key >= $1 AND key < $2 ORDER BY key;

-- name: delete_between_cache
DELETE FROM idsync.cache WHERE key >= $1 AND key < $2;
