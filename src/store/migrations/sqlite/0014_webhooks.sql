-- Where a tenant's own programs are told of events, signed as Standard Webhooks says.
CREATE TABLE webhooks (
  tenant_id TEXT NOT NULL PRIMARY KEY REFERENCES tenants (id) ON DELETE CASCADE,
  url TEXT NOT NULL,
  secret_sealed TEXT NOT NULL,          -- whsec_…
  state TEXT NOT NULL,                  -- ready | failing | gone
  state_detail TEXT NOT NULL DEFAULT '',
  state_since INTEGER NOT NULL,
  changed_at INTEGER NOT NULL
) STRICT;
