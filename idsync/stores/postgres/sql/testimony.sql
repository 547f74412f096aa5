-- name: runs
SELECT number, plan, started_at, first_sequence, finished FROM idsync.runs ORDER BY number;

-- name: serial
SELECT serial FROM idsync.directory;

-- name: edited
SELECT address, entry FROM idsync.differences WHERE entry IS NOT NULL ORDER BY address;

-- name: user_prints
SELECT name, fingerprint FROM idsync.users;

-- name: lock_prints
SELECT name, fingerprint FROM idsync.locks;

-- name: access_list_prints
SELECT name, fingerprint FROM idsync.access_lists;

-- name: plain_prints
SELECT address, fingerprint FROM idsync.plain_resources;

-- name: list_counts
SELECT name, member_count, members_sum FROM idsync.access_lists;
