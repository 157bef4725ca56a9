-- By which mapping a write was made: it is taken back by that one, whatever the admin has said since. Empty: it was
-- not noted.
ALTER TABLE crm_writes ADD COLUMN mapping TEXT NOT NULL DEFAULT '';
