-- Records that an earlier connection left are not seen from the moment it ends, and erased bit by bit.
ALTER TABLE crm_connections ADD COLUMN since BIGINT NOT NULL DEFAULT 0; -- its records were read then or later
-- By which rules a record's match keys were made: one that is read again unchanged keeps them.
ALTER TABLE crm_records ADD COLUMN keyed_by BIGINT NOT NULL DEFAULT 0;
CREATE INDEX crm_records_connected ON crm_records (tenant_id, imported_at) WHERE connected = 1;
-- Newest first, page by page.
CREATE INDEX audit_by_id ON audit (tenant_id, id);
CREATE INDEX contacts_by_id ON contacts (tenant_id, id);
CREATE INDEX crm_writes_by_id ON crm_writes (tenant_id, id);
CREATE INDEX suggestions_by_id ON suggestions (tenant_id, id);
