-- Until when a CRM has asked not to be read.
ALTER TABLE crm_connections ADD COLUMN retry_at INTEGER;
