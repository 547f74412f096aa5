-- name: journal_end
SELECT sequence, chain FROM idsync.journal_end;

-- name: chain_at
SELECT chain FROM idsync.journal WHERE sequence <= $1 ORDER BY sequence DESC LIMIT 1;

-- name: set_journal_end
UPDATE idsync.journal_end SET sequence = $1, chain = $2;

-- name: add_entries
-- rows: sequence bigint, entry_count bigint, run bigint, event text, entries bytea, chain bytea
INSERT INTO idsync.journal (sequence, entry_count, run, event, entries, chain)
SELECT sequence, entry_count, run, event, entries, chain FROM given;

-- name: headlines
SELECT sequence, entries FROM idsync.journal WHERE event <> 'step' ORDER BY sequence;

-- name: latest_headlines
SELECT sequence, entries FROM idsync.journal WHERE event <> 'step' ORDER BY sequence DESC;

-- name: entries
SELECT sequence, entries FROM idsync.journal ORDER BY sequence;

-- name: entries_of_run
SELECT sequence, entries FROM idsync.journal
WHERE run = $1 AND sequence >= (SELECT first_sequence FROM idsync.runs WHERE number = $2) ORDER BY sequence;

-- name: entries_after
SELECT sequence, entries FROM idsync.journal
WHERE sequence >= coalesce((SELECT max(sequence) FROM idsync.journal WHERE sequence <= $1), 0) ORDER BY sequence DESC;

-- name: headlines_after
SELECT sequence, entries FROM idsync.journal WHERE sequence > $1 AND event <> 'step' ORDER BY sequence;

-- name: chained_entries
SELECT sequence, entry_count, run, event, entries, chain FROM idsync.journal ORDER BY sequence;

-- name: last_run
SELECT coalesce(max(number), 0) FROM idsync.runs;

-- name: start_run
INSERT INTO idsync.runs (number, plan, started_at, first_sequence) VALUES ($1, $2, $3, $4);

-- name: finish_run
UPDATE idsync.runs SET finished = 1 WHERE number = $1;

-- name: runs_of
SELECT number, started_at, finished FROM idsync.runs WHERE plan = $1 ORDER BY number DESC;

-- name: lease
SELECT token, holder, ends FROM idsync.leases WHERE name = $1;

-- name: lease_to_take
-- Waits for every transaction that has to keep the lease.
SELECT token, holder, ends FROM idsync.leases WHERE name = $1 FOR UPDATE;

-- name: lease_to_keep
-- Until the end of the transaction nobody takes the lease; its holder may renew it meanwhile.
SELECT token, holder, ends FROM idsync.leases WHERE name = $1 FOR KEY SHARE;

-- name: note_lease
INSERT INTO idsync.leases (name, token, holder, ends) VALUES ($1, 0, NULL, 0) ON CONFLICT DO NOTHING;

-- name: take_lease
UPDATE idsync.leases SET token = $1, holder = $2, ends = $3 WHERE name = $4;

-- name: renew_lease
UPDATE idsync.leases SET ends = $1 WHERE name = $2;

-- name: release_lease
UPDATE idsync.leases SET holder = NULL WHERE name = $1 AND token = $2;

-- name: replicas
SELECT name, holder FROM idsync.leases
WHERE name >= 'replica/' AND name < 'replica0' AND holder IS NOT NULL AND ends > $1;

-- name: forget_replica
DELETE FROM idsync.leases WHERE name = $1;

-- name: forget_replicas
DELETE FROM idsync.leases WHERE name >= 'replica/' AND name < 'replica0' AND ends < $1;

-- name: wake
-- With the transaction that is open, if one is.
SELECT pg_notify('idsync', '');
