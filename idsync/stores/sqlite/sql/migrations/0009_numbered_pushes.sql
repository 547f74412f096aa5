-- Pushes are numbered in the order of the store's transactions: microseconds since 1970, and more than the one before.
ALTER TABLE directory ADD COLUMN pushes INTEGER NOT NULL DEFAULT 0;     -- the number of the last one

ALTER TABLE pushed_users ADD COLUMN push INTEGER NOT NULL DEFAULT 0;

ALTER TABLE pushed_groups ADD COLUMN push INTEGER NOT NULL DEFAULT 0;

-- Of those before, the times count as they did.
UPDATE pushed_users SET push = coalesce(seconds_of(modified), 0) * 1000000;

UPDATE pushed_groups SET push = coalesce(seconds_of(modified), 0) * 1000000;

DROP INDEX pushed_users_by_time;

CREATE INDEX pushed_users_by_push ON pushed_users (push);

DROP INDEX pushed_groups_by_time;

CREATE INDEX pushed_groups_by_push ON pushed_groups (push);

-- Whom and what pushes deleted lately, and whom ticks read as out: times within keys, of twenty characters, became numbers.
UPDATE facts SET key = 'pushed/gone/users ' || printf('%020d', seconds_of(substr(key, 19, 20)) * 1000000) || substr(key, 39)
WHERE key >= 'pushed/gone/users ' AND key < 'pushed/gone/users!';

UPDATE facts SET key = 'pushed/gone/lists ' || printf('%020d', seconds_of(substr(key, 19, 20)) * 1000000) || substr(key, 39)
WHERE key >= 'pushed/gone/lists ' AND key < 'pushed/gone/lists!';

UPDATE facts SET key = 'followed/out ' || printf('%020d', seconds_of(substr(key, 14, 20)) * 1000000) || substr(key, 34)
WHERE key >= 'followed/out ' AND key < 'followed/out!';

UPDATE directory SET pushes = max(
    (SELECT coalesce(max(push), 0) FROM pushed_users),
    (SELECT coalesce(max(push), 0) FROM pushed_groups),
    (
        SELECT coalesce(max(CAST(substr(key, 19, 20) AS INTEGER)), 0) FROM facts
        WHERE key >= 'pushed/gone/' AND key < 'pushed/gone0'
    )
);
