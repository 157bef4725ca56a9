-- Writes of one person are made one after the other. What was begun may be in the CRM although nobody has
-- seen its end; what was withdrawn is to be taken back, and can be tried again where that failed.
ALTER TABLE crm_writes ADD COLUMN begun INTEGER NOT NULL DEFAULT 0;     -- 1: the CRM may have it
ALTER TABLE crm_writes ADD COLUMN withdrawn INTEGER NOT NULL DEFAULT 0; -- 1: the rep took it back
CREATE INDEX crm_writes_by_record ON crm_writes (tenant_id, external_id);

-- Whose known contact is taken back, so that its record stands for it.
CREATE INDEX suggestions_by_known ON suggestions (tenant_id, known_id);
