-- Every key stood twice, in a table and in the index of its primary key: the table is that index now.
CREATE TABLE match_keys_once (
  tenant_id TEXT NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
  match_key TEXT NOT NULL,
  owner_kind TEXT NOT NULL,             -- record | contact | suggestion
  owner_id TEXT NOT NULL,
  PRIMARY KEY (tenant_id, match_key, owner_kind, owner_id)
) STRICT, WITHOUT ROWID;
INSERT INTO match_keys_once SELECT tenant_id, match_key, owner_kind, owner_id FROM match_keys;
DROP TABLE match_keys;
ALTER TABLE match_keys_once RENAME TO match_keys;
CREATE INDEX match_keys_by_owner ON match_keys (tenant_id, owner_kind, owner_id);
