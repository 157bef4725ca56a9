-- The same of the secret with which an app signs in to a CRM.
ALTER TABLE crm_connections ADD COLUMN secret_expires_at BIGINT;
ALTER TABLE crm_connections ADD COLUMN warned_days BIGINT;
