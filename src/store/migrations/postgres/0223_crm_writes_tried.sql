-- When the last try to make a record was begun: a CRM's search may not know at once what it made.
ALTER TABLE crm_writes ADD COLUMN tried_at BIGINT NOT NULL DEFAULT 0;
