-- Whether accepting makes a company that the CRM has not: link (it is only found), make.
ALTER TABLE policies ADD COLUMN companies TEXT NOT NULL DEFAULT 'link';
-- The CRM's id of the company that was made for a write's record; empty: none was.
ALTER TABLE crm_writes ADD COLUMN account TEXT NOT NULL DEFAULT '';

-- Companies that we make in a CRM, by domain: whoever makes one claims it first, so that it is made once,
-- although the CRM's search finds it later.
CREATE TABLE crm_made_accounts (
  tenant_id TEXT NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
  domain TEXT NOT NULL,
  write_id TEXT NOT NULL,              -- for whose record
  account_id TEXT NOT NULL,            -- the CRM's id; empty while it is being made
  name TEXT NOT NULL,                  -- what it is called
  claimed_at BIGINT NOT NULL,
  PRIMARY KEY (tenant_id, domain)
);
