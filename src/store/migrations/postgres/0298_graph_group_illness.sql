-- Groups that cannot be looked at: since when, and what admins were told, as with mailboxes.

ALTER TABLE graph_groups ADD COLUMN ill_since BIGINT; -- null: it could be looked at
ALTER TABLE graph_groups ADD COLUMN told_times BIGINT NOT NULL DEFAULT 0;
ALTER TABLE graph_groups ADD COLUMN told_at BIGINT;
