-- From when on a folder is looked through again after its server numbered it anew: that a message was read
-- late says nothing about what came before it, so it is noted when nothing was left to be read.

ALTER TABLE mailbox_folders ADD COLUMN caught_up_at INTEGER;               -- null until then, and again while older mail is read

-- What was put aside is found again by when it came, not by its number.
ALTER TABLE withheld_messages ADD COLUMN came_after INTEGER NOT NULL DEFAULT 0;
