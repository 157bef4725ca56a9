-- Every folder that is read, each with its own cursors: one for mail that comes, one for older mail,
-- so that what is new never waits behind what is old.
CREATE TABLE mailbox_folders (
  mailbox_id TEXT NOT NULL REFERENCES mailboxes (id) ON DELETE CASCADE,
  tenant_id TEXT NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
  name TEXT NOT NULL,
  uid_validity BIGINT,                         -- null before the first look
  last_uid BIGINT NOT NULL DEFAULT 0,          -- of new mail, everything up to it is done
  backfill_from BIGINT NOT NULL,               -- nothing that came before is read, by INTERNALDATE
  backfill_uid BIGINT NOT NULL DEFAULT 0,      -- of older mail, everything up to it is done …
  backfill_until BIGINT NOT NULL DEFAULT 0,    -- … and this is where it ends
  backfill_done BIGINT NOT NULL DEFAULT 0,
  backfill_total BIGINT NOT NULL DEFAULT 0,
  message_at BIGINT,                           -- when its last message was read
  PRIMARY KEY (mailbox_id, name)
);

INSERT INTO mailbox_folders (mailbox_id, tenant_id, name, uid_validity, last_uid, backfill_from, message_at)
SELECT id, tenant_id, folder, uid_validity, COALESCE(last_uid, 0), COALESCE(backfill_from, created_at), message_at
FROM mailboxes
WHERE kind = 'imap';

ALTER TABLE mailboxes DROP COLUMN uid_validity;
ALTER TABLE mailboxes DROP COLUMN last_uid;

-- Messages that a server lists and does not hand over: asked for again later, while the others are read.
CREATE TABLE withheld_messages (
  mailbox_id TEXT NOT NULL REFERENCES mailboxes (id) ON DELETE CASCADE,
  tenant_id TEXT NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
  folder TEXT NOT NULL,
  uid BIGINT NOT NULL,
  tries BIGINT NOT NULL,
  retry_at BIGINT NOT NULL,
  PRIMARY KEY (mailbox_id, folder, uid)
);
