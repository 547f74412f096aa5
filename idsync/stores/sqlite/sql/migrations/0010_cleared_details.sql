-- Unused details of memberships are cleared, up to this number the last time; who knows of another one looks them up again.
ALTER TABLE directory ADD COLUMN details_cleared INTEGER NOT NULL DEFAULT 0;
