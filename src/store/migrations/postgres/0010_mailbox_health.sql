-- How a mailbox fares over time: since when it is ill, what its admins were told, when it is tried again.
-- States: connecting | healthy | catching-up | needs-consent | wrong-password | throttled |
-- unreachable | refused | paused.

ALTER TABLE mailboxes ADD COLUMN ill_since BIGINT;                    -- null while it is well; a new try alone does not end it
ALTER TABLE mailboxes ADD COLUMN retry_at BIGINT;                     -- when it is tried again by itself
ALTER TABLE mailboxes ADD COLUMN told_at BIGINT;                      -- when its admins were last told that it is ill
ALTER TABLE mailboxes ADD COLUMN told_times BIGINT NOT NULL DEFAULT 0;
