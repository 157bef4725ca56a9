-- Decisions are listed the last first, of all lists or of one, however many there are.
CREATE INDEX suggestions_decided ON suggestions (tenant_id, changed_at, id)
    WHERE state IN ('accepted', 'dismissed');
CREATE INDEX suggestions_decided_of_lists ON suggestions (tenant_id, list_id, changed_at, id)
    WHERE state IN ('accepted', 'dismissed');
