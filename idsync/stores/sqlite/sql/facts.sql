-- name: get_fact
SELECT value FROM facts WHERE key = ?;

-- name: facts_of
SELECT f.key, f.value FROM json_each(?) AS asked JOIN facts AS f ON f.key = asked.value;

-- name: put_fact
INSERT INTO facts (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value;

-- name: delete_fact
DELETE FROM facts WHERE key = ?;

-- name: between_fact
SELECT key, value FROM facts WHERE key >= ? AND key < ? ORDER BY key;

-- name: delete_between_fact
DELETE FROM facts WHERE key >= ? AND key < ?;

-- name: get_cache
SELECT value FROM cache WHERE key = ?;

-- name: put_cache
INSERT INTO cache (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value;

-- name: delete_cache
DELETE FROM cache WHERE key = ?;

-- name: between_cache
SELECT key, value FROM cache WHERE key >= ? AND key < ? ORDER BY key;

-- name: delete_between_cache
DELETE FROM cache WHERE key >= ? AND key < ?;
