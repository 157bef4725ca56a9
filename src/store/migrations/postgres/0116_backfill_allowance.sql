-- How many bytes of a mailbox's older mail may still be fetched, and as of when: whoever claims it next goes
-- on with that. Nothing: none were fetched yet.
ALTER TABLE mailboxes ADD COLUMN backfill_bytes_left BIGINT;
ALTER TABLE mailboxes ADD COLUMN backfill_bytes_at BIGINT;
