-- Since when a CRM's connection is ill, and what its tenant's admins were told of that.
ALTER TABLE crm_connections ADD COLUMN ill_since BIGINT;
ALTER TABLE crm_connections ADD COLUMN told_at BIGINT;
ALTER TABLE crm_connections ADD COLUMN told_times BIGINT NOT NULL DEFAULT 0;
