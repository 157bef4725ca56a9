-- A contact or suggestion is looked for in its list only, however many other lists know the same person. What
-- is no record is a small part of the keys, and has an index of its own.
ALTER TABLE match_keys ADD COLUMN list_id TEXT NOT NULL DEFAULT '';
UPDATE match_keys SET list_id = (SELECT list_id FROM contacts WHERE contacts.id = match_keys.owner_id)
  WHERE owner_kind = 'contact' AND owner_id IN (SELECT id FROM contacts);
UPDATE match_keys SET list_id = (SELECT list_id FROM suggestions WHERE suggestions.id = match_keys.owner_id)
  WHERE owner_kind = 'suggestion' AND owner_id IN (SELECT id FROM suggestions);
CREATE INDEX match_keys_of_lists ON match_keys (tenant_id, match_key, owner_kind, list_id, owner_id)
  WHERE owner_kind <> 'record';
