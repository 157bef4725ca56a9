-- Whether a running job was to run now, once more: what it began with may be old.
ALTER TABLE jobs ADD COLUMN hurried BIGINT NOT NULL DEFAULT 0;
