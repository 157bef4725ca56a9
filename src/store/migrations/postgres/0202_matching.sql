-- What matching believes of a tenant: where its levels begin, what its records have taught, and whom
-- reps keep apart.

CREATE TABLE match_thresholds (
  tenant_id TEXT NOT NULL PRIMARY KEY REFERENCES tenants (id) ON DELETE CASCADE,
  possible DOUBLE PRECISION NOT NULL,
  exact DOUBLE PRECISION NOT NULL
);

CREATE TABLE match_models (
  tenant_id TEXT NOT NULL PRIMARY KEY REFERENCES tenants (id) ON DELETE CASCADE,
  records BIGINT NOT NULL,             -- how many there were
  weights TEXT NOT NULL,                -- chances of degrees, as JSON; empty: too few records to learn from
  learned_at BIGINT NOT NULL
);

CREATE TABLE kept_apart (
  tenant_id TEXT NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
  contact_id TEXT NOT NULL REFERENCES contacts (id) ON DELETE CASCADE,
  other_id TEXT NOT NULL,               -- the contact or record that is another person
  suggestion_id TEXT NOT NULL,          -- the decision that said so
  PRIMARY KEY (contact_id, other_id)
);
CREATE INDEX kept_apart_by_other ON kept_apart (tenant_id, other_id, contact_id);
