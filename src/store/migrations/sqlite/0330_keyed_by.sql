-- The indexes of 0245 for matching::RULES, 7: who is called Phil or Nat is.
DROP INDEX crm_records_keyed_by;
CREATE INDEX crm_records_keyed_by ON crm_records (tenant_id, id) WHERE keyed_by < 7;
DROP INDEX contacts_keyed_by;
CREATE INDEX contacts_keyed_by ON contacts (tenant_id, id) WHERE keyed_by < 7;
DROP INDEX suggestions_keyed_by;
CREATE INDEX suggestions_keyed_by ON suggestions (tenant_id, id) WHERE keyed_by < 7;
