-- A contact or suggestion is looked for in its list only, however many other lists know the same person. What
-- is no record is a small part of the keys, and has an index of its own.
ALTER TABLE match_keys ADD COLUMN list_id TEXT NOT NULL DEFAULT '';
UPDATE match_keys SET list_id = (SELECT list_id FROM contacts WHERE contacts.id = match_keys.owner_id)
  WHERE owner_kind = 'contact' AND owner_id IN (SELECT id FROM contacts);
UPDATE match_keys SET list_id = (SELECT list_id FROM suggestions WHERE suggestions.id = match_keys.owner_id)
  WHERE owner_kind = 'suggestion' AND owner_id IN (SELECT id FROM suggestions);

-- A replica of the version before, which may write beside this one for a while, does not say the list.
CREATE FUNCTION list_of_match_key() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.list_id := COALESCE(
    CASE NEW.owner_kind
      WHEN 'contact' THEN (SELECT list_id FROM contacts WHERE id = NEW.owner_id)
      ELSE (SELECT list_id FROM suggestions WHERE id = NEW.owner_id)
    END,
    '');
  RETURN NEW;
END $$;
CREATE TRIGGER list_of_match_key BEFORE INSERT ON match_keys FOR EACH ROW
  WHEN (NEW.list_id = '' AND NEW.owner_kind <> 'record') EXECUTE FUNCTION list_of_match_key();

CREATE INDEX match_keys_of_lists ON match_keys (tenant_id, match_key, owner_kind, list_id, owner_id)
  WHERE owner_kind <> 'record';
