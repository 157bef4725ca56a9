-- What accepting makes of new people in a CRM that has more than one kind of them: contact, lead.
ALTER TABLE crm_connections ADD COLUMN new_people TEXT NOT NULL DEFAULT 'contact';
