-- What the CRM's record of a contact said when the contact followed it last, while it cannot follow: a write
-- of it waits. Empty: it has followed.
ALTER TABLE contacts ADD COLUMN behind TEXT NOT NULL DEFAULT '';
-- What the record said that the contact of a write had followed when the rep accepted: taken back, the contact
-- follows from there. Empty: a new record.
ALTER TABLE crm_writes ADD COLUMN known TEXT NOT NULL DEFAULT '';
