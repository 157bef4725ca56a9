-- Stretches of time, as JSON: of the older mail that was received then, not all was handed over yet.
ALTER TABLE graph_folders ADD COLUMN older_gaps TEXT NOT NULL DEFAULT '[]';
