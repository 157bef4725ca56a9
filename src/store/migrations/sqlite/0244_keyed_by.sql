-- By which rules match keys were made, of what is not read again from a CRM either.
ALTER TABLE contacts ADD COLUMN keyed_by INTEGER NOT NULL DEFAULT 0;
ALTER TABLE suggestions ADD COLUMN keyed_by INTEGER NOT NULL DEFAULT 0;
-- What has keys of older rules than matching::RULES, 4: nothing but for a while after these have changed. So
-- these indexes cost nothing; a new number needs them anew, as they are found by it.
CREATE INDEX crm_records_keyed_by ON crm_records (tenant_id, id) WHERE keyed_by < 4;
CREATE INDEX contacts_keyed_by ON contacts (tenant_id, id) WHERE keyed_by < 4;
CREATE INDEX suggestions_keyed_by ON suggestions (tenant_id, id) WHERE keyed_by < 4;
