-- A tenant's connected CRM. What it tells stands in crm_records, what we write there in crm_writes.

CREATE TABLE crm_connections (
  tenant_id TEXT NOT NULL PRIMARY KEY REFERENCES tenants (id) ON DELETE CASCADE,
  kind TEXT NOT NULL,                   -- carddav
  url TEXT NOT NULL,
  username TEXT NOT NULL,
  password_sealed TEXT NOT NULL,
  state TEXT NOT NULL,                  -- connecting | healthy | wrong-password | refused | unreachable
  state_detail TEXT NOT NULL DEFAULT '',
  state_since BIGINT NOT NULL,
  position TEXT NOT NULL DEFAULT '',    -- from where to ask for changes
  read_at BIGINT,                      -- when the records were last brought up to date
  changed_at BIGINT NOT NULL
);

ALTER TABLE crm_records ADD COLUMN version TEXT NOT NULL DEFAULT '';    -- the CRM's, of a connected record
ALTER TABLE crm_records ADD COLUMN connected BIGINT NOT NULL DEFAULT 0; -- 1: from the connection, not a file

CREATE TABLE crm_writes (
  id TEXT NOT NULL PRIMARY KEY,
  tenant_id TEXT NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
  suggestion_id TEXT NOT NULL,
  contact_id TEXT NOT NULL,
  external_id TEXT NOT NULL DEFAULT '', -- the CRM's id; empty until a new record is made
  version TEXT NOT NULL DEFAULT '',     -- that the record must have before, and has afterwards
  before TEXT NOT NULL,                 -- empty: a new record
  after TEXT NOT NULL,
  state TEXT NOT NULL,                  -- waiting | written | conflict | failed | cancelled | undoing | undone
  detail TEXT NOT NULL DEFAULT '',
  created_at BIGINT NOT NULL,
  changed_at BIGINT NOT NULL
);
CREATE INDEX crm_writes_by_suggestion ON crm_writes (tenant_id, suggestion_id);
CREATE INDEX crm_writes_by_contact ON crm_writes (tenant_id, contact_id);
