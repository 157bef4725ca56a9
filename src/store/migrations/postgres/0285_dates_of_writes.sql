-- How old it was what a record said before a write, as JSON: taken back, it leaves the record as old as that. Empty: it
-- was not noted, or the record was made.
ALTER TABLE crm_writes ADD COLUMN dates TEXT NOT NULL DEFAULT '';
