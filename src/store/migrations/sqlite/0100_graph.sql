-- Mailboxes of kind graph: at Microsoft 365, read through Microsoft Graph. Their row in `mailboxes`
-- has no host, and instead of a password the refresh token of a person who consented, or nothing.

-- The app registration in a tenant's Entra directory through which its mailboxes are read.
CREATE TABLE graph_apps (
  tenant_id TEXT NOT NULL PRIMARY KEY REFERENCES tenants (id) ON DELETE CASCADE,
  directory TEXT NOT NULL,              -- id or domain of the directory
  client_id TEXT NOT NULL,
  secret_sealed TEXT NOT NULL,
  secret_expires_at INTEGER,
  changed_at INTEGER NOT NULL
) STRICT;

-- How far a mailbox is read, and the subscription that wakes its worker up.
CREATE TABLE graph_mailboxes (
  mailbox_id TEXT NOT NULL PRIMARY KEY REFERENCES mailboxes (id) ON DELETE CASCADE,
  tenant_id TEXT NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
  access TEXT NOT NULL,                 -- application | delegated
  delta_query TEXT NOT NULL DEFAULT '', -- with what delta goes on; a cursor
  swept_to INTEGER,                     -- what came before was looked at
  subscription_id TEXT NOT NULL DEFAULT '',
  client_state_hash TEXT NOT NULL DEFAULT '', -- SHA-256 of 256 random bits
  expires_at INTEGER NOT NULL DEFAULT 0, -- of the subscription
  renew_at INTEGER NOT NULL DEFAULT 0,
  hints INTEGER NOT NULL DEFAULT 0,     -- grows with every notification
  hints_done INTEGER NOT NULL DEFAULT 0,
  removed INTEGER NOT NULL DEFAULT 0,   -- 1: Graph has ended the subscription
  reauthorize INTEGER NOT NULL DEFAULT 0, -- 1: Graph wants a fresh token
  missed INTEGER NOT NULL DEFAULT 0     -- 1: Graph has lost notifications
) STRICT;
CREATE INDEX graph_mailboxes_by_subscription ON graph_mailboxes (subscription_id);
CREATE INDEX graph_mailboxes_by_client_state ON graph_mailboxes (client_state_hash);
CREATE INDEX graph_mailboxes_hinted ON graph_mailboxes (mailbox_id) WHERE hints > hints_done;

-- Which messages of a mailbox were looked at, so that none is fetched twice: a key is an HMAC.
CREATE TABLE graph_items (
  mailbox_id TEXT NOT NULL REFERENCES mailboxes (id) ON DELETE CASCADE,
  tenant_id TEXT NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
  item_key TEXT NOT NULL,
  tries INTEGER NOT NULL,               -- how often Graph refused to hand it over
  done INTEGER NOT NULL,
  seen_at INTEGER NOT NULL,
  PRIMARY KEY (mailbox_id, item_key)
) STRICT;
CREATE INDEX graph_items_by_time ON graph_items (tenant_id, seen_at);

-- A person was sent to Microsoft to consent and has not come back yet.
CREATE TABLE graph_consents (
  state_hash TEXT NOT NULL PRIMARY KEY,
  tenant_id TEXT NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
  list_id TEXT NOT NULL REFERENCES contact_lists (id),
  address TEXT NOT NULL,
  folder TEXT NOT NULL,
  backfill_days INTEGER NOT NULL,
  actor TEXT NOT NULL,                  -- who began it, as in audit
  expires_at INTEGER NOT NULL
) STRICT;
