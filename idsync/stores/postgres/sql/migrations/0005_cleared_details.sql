-- Unused details of memberships are cleared, up to this number the last time; who knows of another one looks them up again.
ALTER TABLE idsync.directory ADD COLUMN details_cleared bigint NOT NULL DEFAULT 0;
