-- Who owns a record that accepting makes: crm (whoever the CRM says), rep (who accepts), id:… (one of the CRM's).
ALTER TABLE policies ADD COLUMN owner TEXT NOT NULL DEFAULT 'crm';
-- The CRM's id of the owner with whom a write made its record; empty where the CRM said.
ALTER TABLE crm_writes ADD COLUMN owner TEXT NOT NULL DEFAULT '';
