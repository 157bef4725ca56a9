-- Certificates and warnings of what ends, several folders of a mailbox, mailboxes by group.

ALTER TABLE graph_apps ADD COLUMN credential TEXT NOT NULL DEFAULT 'secret'; -- secret | certificate
ALTER TABLE graph_apps ADD COLUMN warned_days INTEGER; -- for how many days before the end admins were warned last

-- A person's consent ends when it is not used for 90 days.
ALTER TABLE graph_mailboxes ADD COLUMN consent_ends_at INTEGER; -- null: read in the app's name, or not known yet
ALTER TABLE graph_mailboxes ADD COLUMN warned_days INTEGER;

-- Every folder that is read, each with its own cursors.
CREATE TABLE graph_folders (
  mailbox_id TEXT NOT NULL REFERENCES mailboxes (id) ON DELETE CASCADE,
  tenant_id TEXT NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
  name TEXT NOT NULL,                   -- inbox, archive, or Graph's id of another one
  delta_query TEXT NOT NULL DEFAULT '', -- with what delta goes on; a cursor
  swept_to INTEGER,                     -- what came before was looked at
  backfill_from INTEGER NOT NULL,       -- nothing that came before is read
  PRIMARY KEY (mailbox_id, name)
) STRICT;

INSERT INTO graph_folders (mailbox_id, tenant_id, name, delta_query, swept_to, backfill_from)
SELECT g.mailbox_id, g.tenant_id, m.folder, g.delta_query, g.swept_to,
       COALESCE(m.backfill_from, m.created_at)
FROM graph_mailboxes g JOIN mailboxes m ON m.id = g.mailbox_id;

ALTER TABLE graph_mailboxes DROP COLUMN delta_query;
ALTER TABLE graph_mailboxes DROP COLUMN swept_to;

-- Groups of a directory whose members' mailboxes are connected.
CREATE TABLE graph_groups (
  id TEXT NOT NULL PRIMARY KEY,
  tenant_id TEXT NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
  group_id TEXT NOT NULL,               -- its id in the directory
  list_id TEXT NOT NULL REFERENCES contact_lists (id),
  backfill_days INTEGER NOT NULL,
  detail TEXT NOT NULL DEFAULT '',      -- what failed when it was looked at last
  looked_at INTEGER,
  created_at INTEGER NOT NULL,
  UNIQUE (tenant_id, group_id)
) STRICT;

-- The mailboxes that were connected because of a group.
CREATE TABLE graph_members (
  group_row TEXT NOT NULL REFERENCES graph_groups (id) ON DELETE CASCADE,
  mailbox_id TEXT NOT NULL REFERENCES mailboxes (id) ON DELETE CASCADE,
  departed INTEGER NOT NULL DEFAULT 0,  -- 1: not a member any more
  paused INTEGER NOT NULL DEFAULT 0,    -- 1: paused because of that, and by nobody else
  PRIMARY KEY (group_row, mailbox_id)
) STRICT;
