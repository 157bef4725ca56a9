-- When a message was read last is known of the mailbox; of each folder it was asked by nobody.

ALTER TABLE mailbox_folders DROP COLUMN message_at;
