-- Ids are UUIDv7 as text, times are milliseconds since 1970 UTC, flags are 0 or 1, documents are JSON
-- as text. The same file with the same tables and columns stands under postgres/.

CREATE TABLE tenants (
  id TEXT NOT NULL PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  region TEXT NOT NULL,                 -- ISO 3166 country of numbers without a prefix
  hash_key_sealed TEXT NOT NULL,        -- key of all keyed hashes of this tenant
  created_at INTEGER NOT NULL
) STRICT;

CREATE TABLE vault_keys (
  id TEXT NOT NULL PRIMARY KEY,
  salt TEXT NOT NULL,
  iterations INTEGER NOT NULL,
  verifier TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  retired_at INTEGER
) STRICT;

CREATE TABLE users (
  id TEXT NOT NULL PRIMARY KEY,
  tenant_id TEXT NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
  email TEXT NOT NULL,
  email_key TEXT NOT NULL UNIQUE,
  name TEXT NOT NULL,
  role TEXT NOT NULL,                   -- admin | member | auditor
  password_hash TEXT NOT NULL,
  disabled INTEGER NOT NULL DEFAULT 0,
  created_at INTEGER NOT NULL
) STRICT;

CREATE TABLE sessions (
  token_hash TEXT NOT NULL PRIMARY KEY,
  tenant_id TEXT NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
  user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  csrf_token TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  seen_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL
) STRICT;

CREATE TABLE api_tokens (
  id TEXT NOT NULL PRIMARY KEY,
  tenant_id TEXT NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
  name TEXT NOT NULL,
  token_hash TEXT NOT NULL UNIQUE,
  scopes TEXT NOT NULL,                 -- space-separated
  created_at INTEGER NOT NULL,
  used_at INTEGER,
  expires_at INTEGER,
  revoked_at INTEGER
) STRICT;

CREATE TABLE contact_lists (
  id TEXT NOT NULL PRIMARY KEY,
  tenant_id TEXT NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
  name TEXT NOT NULL,
  revision INTEGER NOT NULL DEFAULT 0,   -- grows with every change of a suggestion or contact in it
  created_at INTEGER NOT NULL,
  UNIQUE (tenant_id, name)
) STRICT;

CREATE TABLE exclusions (
  tenant_id TEXT NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
  pattern TEXT NOT NULL,                -- address or domain, lower case
  own INTEGER NOT NULL DEFAULT 0,       -- 1: one of the tenant's own domains
  created_at INTEGER NOT NULL,
  PRIMARY KEY (tenant_id, pattern)
) STRICT;

CREATE TABLE mailboxes (
  id TEXT NOT NULL PRIMARY KEY,
  tenant_id TEXT NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
  list_id TEXT NOT NULL REFERENCES contact_lists (id),
  kind TEXT NOT NULL,                   -- imap | file
  address TEXT NOT NULL,
  host TEXT NOT NULL,
  port INTEGER NOT NULL,
  security TEXT NOT NULL,               -- tls | starttls
  username TEXT NOT NULL,
  password_sealed TEXT NOT NULL,
  folder TEXT NOT NULL,
  backfill_days INTEGER NOT NULL,
  paused INTEGER NOT NULL DEFAULT 0,
  state TEXT NOT NULL,                  -- connecting | healthy | catching-up | wrong-password | unreachable | refused | paused
  state_detail TEXT NOT NULL DEFAULT '',
  state_since INTEGER NOT NULL,
  message_at INTEGER,                   -- when the last message was read
  uid_validity INTEGER,
  last_uid INTEGER,
  backfill_from INTEGER,                -- start of the first sync, by INTERNALDATE
  lease_holder TEXT NOT NULL DEFAULT '',
  lease_until INTEGER NOT NULL DEFAULT 0,
  fence INTEGER NOT NULL DEFAULT 0,
  created_at INTEGER NOT NULL,
  UNIQUE (tenant_id, address, folder)
) STRICT;

-- Which messages were read, and what came of each. A key is an HMAC; nothing of the message stands here.
CREATE TABLE messages (
  mailbox_id TEXT NOT NULL REFERENCES mailboxes (id) ON DELETE CASCADE,
  tenant_id TEXT NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
  message_key TEXT NOT NULL,
  outcome TEXT NOT NULL,                -- trying | new | update | known | skipped | quarantined
  reason TEXT NOT NULL DEFAULT '',      -- mail::Reason of a skipped or quarantined one
  attempts INTEGER NOT NULL DEFAULT 0,
  read_at INTEGER NOT NULL,
  PRIMARY KEY (mailbox_id, message_key)
) STRICT;
CREATE INDEX messages_by_outcome ON messages (tenant_id, outcome, reason);

CREATE TABLE crm_records (
  id TEXT NOT NULL PRIMARY KEY,
  tenant_id TEXT NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
  external_id TEXT NOT NULL,
  contact TEXT NOT NULL,
  imported_at INTEGER NOT NULL,
  UNIQUE (tenant_id, external_id)
) STRICT;

CREATE TABLE suggestions (
  id TEXT NOT NULL PRIMARY KEY,
  tenant_id TEXT NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
  list_id TEXT NOT NULL REFERENCES contact_lists (id),
  kind TEXT NOT NULL,                   -- new | update
  state TEXT NOT NULL,                  -- open | accepted | dismissed | expired
  fingerprint TEXT NOT NULL,            -- HMAC of the values
  contact TEXT NOT NULL,                -- what the signature says
  known TEXT NOT NULL,                  -- what the known contact said when the suggestion was made
  known_id TEXT NOT NULL DEFAULT '',    -- the contact or CRM record it updates
  match_level TEXT NOT NULL,            -- exact | possible | none
  match_reasons TEXT NOT NULL,          -- JSON array of sentences
  contact_id TEXT NOT NULL DEFAULT '',  -- the contact that accepting made
  before_accept TEXT NOT NULL DEFAULT '', -- that contact before, for undo
  decided_by TEXT NOT NULL DEFAULT '',
  created_at INTEGER NOT NULL,
  changed_at INTEGER NOT NULL,
  UNIQUE (list_id, fingerprint)
) STRICT;
CREATE INDEX suggestions_by_state ON suggestions (tenant_id, list_id, state, id);
CREATE INDEX suggestions_by_contact ON suggestions (tenant_id, contact_id);

CREATE TABLE contacts (
  id TEXT NOT NULL PRIMARY KEY,
  tenant_id TEXT NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
  list_id TEXT NOT NULL REFERENCES contact_lists (id),
  record_id TEXT NOT NULL DEFAULT '',   -- the CRM record it came from
  contact TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  changed_at INTEGER NOT NULL
) STRICT;
CREATE INDEX contacts_by_list ON contacts (tenant_id, list_id, id);
CREATE INDEX contacts_by_record ON contacts (tenant_id, record_id);

-- Blocking keys of everything a new signature is compared with.
CREATE TABLE match_keys (
  tenant_id TEXT NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
  match_key TEXT NOT NULL,
  owner_kind TEXT NOT NULL,             -- record | contact | suggestion
  owner_id TEXT NOT NULL,
  PRIMARY KEY (tenant_id, match_key, owner_kind, owner_id)
) STRICT;
CREATE INDEX match_keys_by_owner ON match_keys (tenant_id, owner_kind, owner_id);

CREATE TABLE technical_users (
  tenant_id TEXT NOT NULL PRIMARY KEY REFERENCES tenants (id) ON DELETE CASCADE,
  host TEXT NOT NULL,
  port INTEGER NOT NULL,
  security TEXT NOT NULL,               -- tls | starttls
  username TEXT NOT NULL,
  password_sealed TEXT NOT NULL,
  from_name TEXT NOT NULL,
  from_address TEXT NOT NULL,
  subject_template TEXT NOT NULL,
  body_template TEXT NOT NULL,
  enabled INTEGER NOT NULL,
  delay_seconds INTEGER NOT NULL,       -- time to undo before the mail goes
  state TEXT NOT NULL DEFAULT 'ready',  -- ready | wrong-password | refused | unreachable
  state_detail TEXT NOT NULL DEFAULT '',
  state_since INTEGER NOT NULL DEFAULT 0,
  changed_at INTEGER NOT NULL
) STRICT;

CREATE TABLE followups (
  id TEXT NOT NULL PRIMARY KEY,
  tenant_id TEXT NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
  contact_id TEXT NOT NULL,
  address TEXT NOT NULL,
  address_key TEXT NOT NULL,
  state TEXT NOT NULL,                  -- waiting | sending | sent | failed | uncertain | cancelled
  attempts INTEGER NOT NULL DEFAULT 0,
  answer TEXT NOT NULL DEFAULT '',      -- the server's last words
  created_at INTEGER NOT NULL,
  changed_at INTEGER NOT NULL,
  UNIQUE (tenant_id, address_key)
) STRICT;

CREATE TABLE jobs (
  id TEXT NOT NULL PRIMARY KEY,
  tenant_id TEXT NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
  kind TEXT NOT NULL,
  payload TEXT NOT NULL,
  dedupe_key TEXT,                      -- at most one unfinished job has it
  state TEXT NOT NULL,                  -- queued | running | done | dead
  run_at INTEGER NOT NULL,
  attempts INTEGER NOT NULL DEFAULT 0,
  lease_until INTEGER NOT NULL DEFAULT 0,
  fence INTEGER NOT NULL DEFAULT 0,
  last_error TEXT NOT NULL DEFAULT '',
  created_at INTEGER NOT NULL,
  finished_at INTEGER
) STRICT;
CREATE INDEX jobs_due ON jobs (run_at) WHERE state IN ('queued', 'running');
CREATE UNIQUE INDEX jobs_dedupe ON jobs (tenant_id, dedupe_key) WHERE state IN ('queued', 'running');

CREATE TABLE audit (
  id TEXT NOT NULL PRIMARY KEY,
  tenant_id TEXT NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
  actor TEXT NOT NULL,                  -- user:<id> | token:<id> | worker | cli
  action TEXT NOT NULL,                 -- suggestion.accept, mailbox.create, …
  subject TEXT NOT NULL,                -- id of what was acted on
  at INTEGER NOT NULL
) STRICT;
CREATE INDEX audit_by_time ON audit (tenant_id, at);
