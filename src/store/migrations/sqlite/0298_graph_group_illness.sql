-- Groups that cannot be looked at: since when, and what admins were told, as with mailboxes.

ALTER TABLE graph_groups ADD COLUMN ill_since INTEGER; -- null: it could be looked at
ALTER TABLE graph_groups ADD COLUMN told_times INTEGER NOT NULL DEFAULT 0;
ALTER TABLE graph_groups ADD COLUMN told_at INTEGER;
