-- A change of a record whose try an earlier version had begun may be in the CRM, although that noted only of new records
-- when the CRM was asked: it is looked for when the change is taken back, or written once more.
UPDATE crm_writes SET tried_at = 1
    WHERE begun = 1 AND tried_at = 0 AND before <> '' AND state IN ('waiting', 'undoing', 'failed');
