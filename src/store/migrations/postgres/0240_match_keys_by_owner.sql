-- Beside the primary key no index begins with the tenant: of a tenant whom PostgreSQL's statistics do not
-- know yet, each such index looked as good as the right one, and all keys of the tenant were walked through.
DROP INDEX match_keys_by_owner;
CREATE INDEX match_keys_by_owner ON match_keys (owner_id, owner_kind, tenant_id);
