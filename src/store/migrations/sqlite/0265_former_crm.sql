-- What only the CRM said goes with its connection, out of the contacts of lists too, bit by bit.
ALTER TABLE contacts ADD COLUMN former INTEGER NOT NULL DEFAULT 0; -- 1: it may say what a former CRM said
CREATE INDEX contacts_former ON contacts (tenant_id, id) WHERE former = 1;
