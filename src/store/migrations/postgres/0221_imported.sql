-- Records of files, which are erased or replaced as a whole.
CREATE INDEX crm_records_imported ON crm_records (tenant_id, imported_at) WHERE connected = 0;
