-- What a tenant lets happen without asking, and who may accept.

CREATE TABLE policies (
  tenant_id TEXT NOT NULL PRIMARY KEY REFERENCES tenants (id) ON DELETE CASCADE,
  fill_blanks REAL NOT NULL,            -- least confidence of a value that fills a blank by itself; 0: none does
  who_may_accept TEXT NOT NULL          -- reps, admins
) STRICT;
