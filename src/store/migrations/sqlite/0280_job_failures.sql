-- How often in its life a job was tried in vain, which its pauses grow with: a try whose worker died is none.
ALTER TABLE jobs ADD COLUMN failures INTEGER NOT NULL DEFAULT 0;
