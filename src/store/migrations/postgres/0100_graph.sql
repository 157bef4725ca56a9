-- Mailboxes of kind graph: at Microsoft 365, read through Microsoft Graph. Their row in `mailboxes`
-- has no host, and instead of a password the refresh token of a person who consented, or nothing.

-- The app registration in a tenant's Entra directory through which its mailboxes are read.
CREATE TABLE graph_apps (
  tenant_id TEXT NOT NULL PRIMARY KEY REFERENCES tenants (id) ON DELETE CASCADE,
  directory TEXT NOT NULL,              -- id or domain of the directory
  client_id TEXT NOT NULL,
  secret_sealed TEXT NOT NULL,
  secret_expires_at BIGINT,
  changed_at BIGINT NOT NULL
);

-- How far a mailbox is read, and the subscription that wakes its worker up.
CREATE TABLE graph_mailboxes (
  mailbox_id TEXT NOT NULL PRIMARY KEY REFERENCES mailboxes (id) ON DELETE CASCADE,
  tenant_id TEXT NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
  access TEXT NOT NULL,                 -- application | delegated
  delta_query TEXT NOT NULL DEFAULT '', -- with what delta goes on; a cursor
  swept_to BIGINT,                     -- what came before was looked at
  subscription_id TEXT NOT NULL DEFAULT '',
  client_state_hash TEXT NOT NULL DEFAULT '', -- SHA-256 of 256 random bits
  expires_at BIGINT NOT NULL DEFAULT 0, -- of the subscription
  renew_at BIGINT NOT NULL DEFAULT 0,
  hints BIGINT NOT NULL DEFAULT 0,     -- grows with every notification
  hints_done BIGINT NOT NULL DEFAULT 0,
  removed BIGINT NOT NULL DEFAULT 0,   -- 1: Graph has ended the subscription
  reauthorize BIGINT NOT NULL DEFAULT 0, -- 1: Graph wants a fresh token
  missed BIGINT NOT NULL DEFAULT 0     -- 1: Graph has lost notifications
);
CREATE INDEX graph_mailboxes_by_subscription ON graph_mailboxes (subscription_id);
CREATE INDEX graph_mailboxes_by_client_state ON graph_mailboxes (client_state_hash);
CREATE INDEX graph_mailboxes_hinted ON graph_mailboxes (mailbox_id) WHERE hints > hints_done;

-- Which messages of a mailbox were looked at, so that none is fetched twice: a key is an HMAC.
CREATE TABLE graph_items (
  mailbox_id TEXT NOT NULL REFERENCES mailboxes (id) ON DELETE CASCADE,
  tenant_id TEXT NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
  item_key TEXT NOT NULL,
  tries BIGINT NOT NULL,               -- how often Graph refused to hand it over
  done BIGINT NOT NULL,
  seen_at BIGINT NOT NULL,
  PRIMARY KEY (mailbox_id, item_key)
);
CREATE INDEX graph_items_by_time ON graph_items (tenant_id, seen_at);

-- A person was sent to Microsoft to consent and has not come back yet.
CREATE TABLE graph_consents (
  state_hash TEXT NOT NULL PRIMARY KEY,
  tenant_id TEXT NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
  list_id TEXT NOT NULL REFERENCES contact_lists (id),
  address TEXT NOT NULL,
  folder TEXT NOT NULL,
  backfill_days BIGINT NOT NULL,
  actor TEXT NOT NULL,                  -- who began it, as in audit
  expires_at BIGINT NOT NULL
);
