-- The indexes of 0245 for matching::RULES, 6: a page that may be a firm's is no key.
DROP INDEX crm_records_keyed_by;
CREATE INDEX crm_records_keyed_by ON crm_records (tenant_id, id) WHERE keyed_by < 6;
DROP INDEX contacts_keyed_by;
CREATE INDEX contacts_keyed_by ON contacts (tenant_id, id) WHERE keyed_by < 6;
DROP INDEX suggestions_keyed_by;
CREATE INDEX suggestions_keyed_by ON suggestions (tenant_id, id) WHERE keyed_by < 6;
