-- The version that a write was made on: where the write is taken back, the record is as it was then, under a
-- version of its own.
ALTER TABLE crm_writes ADD COLUMN based_on TEXT NOT NULL DEFAULT '';
