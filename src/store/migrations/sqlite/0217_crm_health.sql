-- Since when a CRM's connection is ill, and what its tenant's admins were told of that.
ALTER TABLE crm_connections ADD COLUMN ill_since INTEGER;
ALTER TABLE crm_connections ADD COLUMN told_at INTEGER;
ALTER TABLE crm_connections ADD COLUMN told_times INTEGER NOT NULL DEFAULT 0;
