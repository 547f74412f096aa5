-- Pushes are numbered in the order of the store's transactions: microseconds since 1970, and more than the one before.
ALTER TABLE idsync.directory ADD COLUMN pushes bigint NOT NULL DEFAULT 0;   -- the number of the last one

ALTER TABLE idsync.pushed_users ADD COLUMN push bigint NOT NULL DEFAULT 0;

ALTER TABLE idsync.pushed_groups ADD COLUMN push bigint NOT NULL DEFAULT 0;

-- Of those before, the times count as they did.
UPDATE idsync.pushed_users SET push = extract(epoch FROM modified::timestamptz)::bigint * 1000000;

UPDATE idsync.pushed_groups SET push = extract(epoch FROM modified::timestamptz)::bigint * 1000000;

DROP INDEX IF EXISTS idsync.pushed_users_by_time;

CREATE INDEX pushed_users_by_push ON idsync.pushed_users (push);

DROP INDEX IF EXISTS idsync.pushed_groups_by_time;

CREATE INDEX pushed_groups_by_push ON idsync.pushed_groups (push);

-- Whom and what pushes deleted lately, and whom ticks read as out: times within keys, of twenty characters, became numbers.
UPDATE idsync.facts SET key = 'pushed/gone/users '
    || lpad((extract(epoch FROM substr(key, 19, 20)::timestamptz)::bigint * 1000000)::text, 20, '0') || substr(key, 39)
WHERE key >= 'pushed/gone/users ' AND key < 'pushed/gone/users!';

UPDATE idsync.facts SET key = 'pushed/gone/lists '
    || lpad((extract(epoch FROM substr(key, 19, 20)::timestamptz)::bigint * 1000000)::text, 20, '0') || substr(key, 39)
WHERE key >= 'pushed/gone/lists ' AND key < 'pushed/gone/lists!';

UPDATE idsync.facts SET key = 'followed/out '
    || lpad((extract(epoch FROM substr(key, 14, 20)::timestamptz)::bigint * 1000000)::text, 20, '0') || substr(key, 34)
WHERE key >= 'followed/out ' AND key < 'followed/out!';

UPDATE idsync.directory SET pushes = greatest(
    (SELECT coalesce(max(push), 0) FROM idsync.pushed_users),
    (SELECT coalesce(max(push), 0) FROM idsync.pushed_groups),
    (
        SELECT coalesce(max(substr(key, 19, 20)::bigint), 0) FROM idsync.facts
        WHERE key >= 'pushed/gone/' AND key < 'pushed/gone0'
    )
);
