-- Decisions are listed the last first, however many there are.
CREATE INDEX suggestions_decided ON suggestions (tenant_id, changed_at, id)
    WHERE state IN ('accepted', 'dismissed');
