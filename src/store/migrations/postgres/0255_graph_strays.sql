-- When Microsoft was last asked for a subscription and nobody noted the answer, so that there may be one that
-- nobody knows of; 0: none.
ALTER TABLE graph_mailboxes ADD COLUMN stray_at BIGINT NOT NULL DEFAULT 0;
