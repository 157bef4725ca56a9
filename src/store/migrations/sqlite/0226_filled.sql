-- Which fields of a record are filled, by their names with blanks between them: what a suggestion adds needs a
-- free one.
ALTER TABLE crm_records ADD COLUMN filled TEXT NOT NULL DEFAULT '';
