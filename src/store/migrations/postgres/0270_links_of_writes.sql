-- To which company a change brought its record, by the CRM's id: taken back, it leaves that one, and no other. Empty:
-- to none.
ALTER TABLE crm_writes ADD COLUMN linked TEXT NOT NULL DEFAULT '';
