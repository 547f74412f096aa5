-- name: journal_end
SELECT sequence, chain FROM journal_end;

-- name: chain_at
SELECT chain FROM journal WHERE sequence <= ? ORDER BY sequence DESC LIMIT 1;

-- name: set_journal_end
UPDATE journal_end SET sequence = ?, chain = ?;

-- name: add_entries
INSERT INTO journal (sequence, entry_count, run, event, entries, chain) VALUES (?, ?, ?, ?, ?, ?);

-- name: headlines
SELECT sequence, entries FROM journal WHERE event <> 'step' ORDER BY sequence;

-- name: latest_headlines
SELECT sequence, entries FROM journal WHERE event <> 'step' ORDER BY sequence DESC;

-- name: entries
SELECT sequence, entries FROM journal ORDER BY sequence;

-- name: entries_of_run
SELECT sequence, entries FROM journal
WHERE run = ? AND sequence >= (SELECT first_sequence FROM runs WHERE number = ?) ORDER BY sequence;

-- name: entries_after
SELECT sequence, entries FROM journal
WHERE sequence >= ifnull((SELECT max(sequence) FROM journal WHERE sequence <= ?), 0) ORDER BY sequence DESC;

-- name: headlines_after
SELECT sequence, entries FROM journal WHERE sequence > ? AND event <> 'step' ORDER BY sequence;

-- name: chained_entries
SELECT sequence, entry_count, run, event, entries, chain FROM journal ORDER BY sequence;

-- name: last_run
SELECT ifnull(max(number), 0) FROM runs;

-- name: start_run
INSERT INTO runs (number, plan, started_at, first_sequence) VALUES (?, ?, ?, ?);

-- name: finish_run
UPDATE runs SET finished = 1 WHERE number = ?;

-- name: runs_of
SELECT number, started_at, finished FROM runs WHERE plan = ? ORDER BY number DESC;

-- name: lease
SELECT token, holder, ends FROM leases WHERE name = ?;

-- name: lease_to_take
SELECT token, holder, ends FROM leases WHERE name = ?;

-- name: lease_to_keep
SELECT token, holder, ends FROM leases WHERE name = ?;

-- name: note_lease
INSERT INTO leases (name, token, holder, ends) VALUES (?, 0, NULL, 0) ON CONFLICT DO NOTHING;

-- name: take_lease
UPDATE leases SET token = ?, holder = ?, ends = ? WHERE name = ?;

-- name: renew_lease
UPDATE leases SET ends = ? WHERE name = ?;

-- name: release_lease
UPDATE leases SET holder = NULL WHERE name = ? AND token = ?;

-- name: replicas
SELECT name, holder FROM leases WHERE name >= 'replica/' AND name < 'replica0' AND holder IS NOT NULL AND ends > ?;

-- name: forget_replica
DELETE FROM leases WHERE name = ?;

-- name: forget_replicas
DELETE FROM leases WHERE name >= 'replica/' AND name < 'replica0' AND ends < ?;

-- name: wake
-- Nobody listens to a file: each tick looks.
SELECT 1;
