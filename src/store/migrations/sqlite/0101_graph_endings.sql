-- What ends by itself, so that the tenant's admins are warned of it in time.

ALTER TABLE graph_apps ADD COLUMN credential TEXT NOT NULL DEFAULT 'secret'; -- secret | certificate
ALTER TABLE graph_apps ADD COLUMN warned_days INTEGER; -- for how many days before the end admins were warned last

-- A person's consent ends when it is not used for 90 days.
ALTER TABLE graph_mailboxes ADD COLUMN consent_ends_at INTEGER; -- null: read in the app's name, or not known yet
ALTER TABLE graph_mailboxes ADD COLUMN warned_days INTEGER;
