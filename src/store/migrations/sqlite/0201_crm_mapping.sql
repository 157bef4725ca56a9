-- Which field of the CRM holds what, where the tenant's admin has said so; empty: as usual for the kind.
ALTER TABLE crm_connections ADD COLUMN mapping TEXT NOT NULL DEFAULT '';
