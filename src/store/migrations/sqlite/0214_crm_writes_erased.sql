-- What a settled write says of a contact is erased some time later; then it can be undone no more.
ALTER TABLE crm_writes ADD COLUMN erased INTEGER NOT NULL DEFAULT 0;    -- 1: its values are erased
CREATE INDEX crm_writes_kept ON crm_writes (tenant_id, changed_at) WHERE erased = 0;
