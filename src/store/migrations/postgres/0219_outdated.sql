-- Open suggestions of which somebody whom they may be has changed since they were compared; each is to be
-- compared anew.

CREATE TABLE outdated (
  tenant_id TEXT NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
  suggestion_id TEXT NOT NULL,
  times BIGINT NOT NULL,                    -- how often that happened
  PRIMARY KEY (tenant_id, suggestion_id)
);
