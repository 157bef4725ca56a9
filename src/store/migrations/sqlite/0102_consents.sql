-- A person was sent somewhere to consent and has not come back yet, whatever the consent is to open.

DROP TABLE oauth_consents;
DROP TABLE graph_consents;

CREATE TABLE consents (
  state_hash TEXT NOT NULL PRIMARY KEY,
  tenant_id TEXT NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
  purpose TEXT NOT NULL,                -- JSON: what it is to open
  actor TEXT NOT NULL,                  -- who began it, as in audit
  expires_at INTEGER NOT NULL
) STRICT;
