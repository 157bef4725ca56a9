-- Older mail of a folder is read beside the new; what is read so far needs none of it.
ALTER TABLE graph_folders ADD COLUMN older_from INTEGER;                   -- what was received before is read; null: no older mail is left
ALTER TABLE graph_folders ADD COLUMN older_until INTEGER NOT NULL DEFAULT 0; -- what was received from then on is new mail
ALTER TABLE graph_folders ADD COLUMN older_total INTEGER NOT NULL DEFAULT 0; -- how many messages it was at first
ALTER TABLE graph_folders ADD COLUMN older_left INTEGER NOT NULL DEFAULT 0;  -- how many of them are left

-- Where a subscription notifies: another address needs another subscription.
ALTER TABLE graph_mailboxes ADD COLUMN webhook_hash TEXT NOT NULL DEFAULT ''; -- SHA-256 of the address

-- Workers ask for what nobody has and for what they have, every few seconds.
CREATE INDEX mailboxes_by_lease ON mailboxes (kind, lease_until);
CREATE INDEX mailboxes_by_holder ON mailboxes (lease_holder);
