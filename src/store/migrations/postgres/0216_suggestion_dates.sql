-- When the newest message came that gave the name, title, department, employer or address, as JSON: a value
-- changes only when the mail that says so is newer.
ALTER TABLE suggestions ADD COLUMN dates TEXT NOT NULL DEFAULT '{}';
