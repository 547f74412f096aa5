-- name: runs
SELECT number, plan, started_at, first_sequence, finished FROM runs ORDER BY number;

-- name: serial
SELECT serial FROM directory;

-- name: edited
SELECT address, entry FROM differences WHERE entry IS NOT NULL ORDER BY address;

-- name: user_prints
SELECT name, fingerprint FROM users;

-- name: lock_prints
SELECT name, fingerprint FROM locks;

-- name: access_list_prints
SELECT name, fingerprint FROM access_lists;

-- name: plain_prints
SELECT address, fingerprint FROM plain_resources;

-- name: list_counts
SELECT name, member_count, members_sum FROM access_lists;
