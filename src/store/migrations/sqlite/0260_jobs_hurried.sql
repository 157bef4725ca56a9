-- Whether a running job was to run now, once more: what it began with may be old.
ALTER TABLE jobs ADD COLUMN hurried INTEGER NOT NULL DEFAULT 0;
