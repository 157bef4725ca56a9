-- CRMs that a person's consent opens (OAuth 2), instead of a token: what stands in password_sealed is their
-- refresh token.

ALTER TABLE crm_connections ADD COLUMN oauth_service TEXT NOT NULL DEFAULT '';    -- hubspot | pipedrive; empty: a password or token
ALTER TABLE crm_connections ADD COLUMN exchange_until INTEGER NOT NULL DEFAULT 0; -- until then somebody exchanges the token

-- A person was sent to a CRM to consent and has not come back yet.
CREATE TABLE crm_consents (
  state_hash TEXT NOT NULL PRIMARY KEY,
  tenant_id TEXT NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
  kind TEXT NOT NULL,                   -- as in crm_connections
  actor TEXT NOT NULL,                  -- who began it, as in audit
  expires_at INTEGER NOT NULL
) STRICT;
