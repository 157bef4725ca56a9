-- The indexes of 0244 for matching::RULES, 5: keys are made without the titles behind a name.
DROP INDEX crm_records_keyed_by;
CREATE INDEX crm_records_keyed_by ON crm_records (tenant_id, id) WHERE keyed_by < 5;
DROP INDEX contacts_keyed_by;
CREATE INDEX contacts_keyed_by ON contacts (tenant_id, id) WHERE keyed_by < 5;
DROP INDEX suggestions_keyed_by;
CREATE INDEX suggestions_keyed_by ON suggestions (tenant_id, id) WHERE keyed_by < 5;
