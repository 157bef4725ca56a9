-- Mailboxes on IMAP servers that a person's consent opens (OAuth 2), instead of a password: what stands
-- in password_sealed is their refresh token.

ALTER TABLE mailboxes ADD COLUMN oauth_service TEXT NOT NULL DEFAULT '';    -- google | microsoft; empty: a password
ALTER TABLE mailboxes ADD COLUMN exchange_until BIGINT NOT NULL DEFAULT 0; -- until then somebody exchanges the token

-- With what a tenant's app asks a sign-in service for tokens.
CREATE TABLE oauth_apps (
  tenant_id TEXT NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
  service TEXT NOT NULL,                -- google | microsoft
  directory TEXT NOT NULL,              -- at Microsoft: id or domain of the directory
  client_id TEXT NOT NULL,
  secret_sealed TEXT NOT NULL,
  changed_at BIGINT NOT NULL,
  PRIMARY KEY (tenant_id, service)
);

-- A person was sent to a sign-in service to consent and has not come back yet.
CREATE TABLE oauth_consents (
  state_hash TEXT NOT NULL PRIMARY KEY,
  tenant_id TEXT NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
  service TEXT NOT NULL,
  list_id TEXT NOT NULL REFERENCES contact_lists (id),
  address TEXT NOT NULL,
  username TEXT NOT NULL,
  folder TEXT NOT NULL,
  backfill_days BIGINT NOT NULL,
  actor TEXT NOT NULL,                  -- who began it, as in audit
  expires_at BIGINT NOT NULL
);
