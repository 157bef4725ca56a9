-- When somebody changed a name, title, department, employer or address in the CRM, as JSON: older mail does not
-- replace it. What stood there when the record was read first is of nobody knows when, and is not in here.
ALTER TABLE crm_records ADD COLUMN dates TEXT NOT NULL DEFAULT '{}';
