-- A contact whose record somebody has deleted in the CRM is of no record, and nobody makes it again unasked.
ALTER TABLE contacts ADD COLUMN gone INTEGER NOT NULL DEFAULT 0; -- 1: its record was deleted there
