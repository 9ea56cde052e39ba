-- The files that those who work on a run share. Names are rows: none is ever the name of anything on a disk.

-- One for each run that has any. Whoever changes something in it holds its row, so that changes have one order.
CREATE TABLE workspaces (
  run_id uuid PRIMARY KEY,
  org_id uuid NOT NULL REFERENCES orgs (id),
  -- Of the last thing that happened in it.
  seq bigint NOT NULL DEFAULT 0,
  -- The last fencing token that was given.
  token bigint NOT NULL DEFAULT 0,
  files integer NOT NULL DEFAULT 0,
  -- All that is kept of it: every version, step and message.
  bytes bigint NOT NULL DEFAULT 0,
  created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX workspaces_age ON workspaces (created_at);

-- What files hold, by the SHA-256 of it. Null content: it is large, and stands in the object store.
CREATE TABLE workspace_blobs (
  run_id uuid NOT NULL REFERENCES workspaces (run_id) ON DELETE CASCADE,
  hash text COLLATE "C" NOT NULL,
  org_id uuid NOT NULL,
  bytes integer NOT NULL,
  content bytea,
  PRIMARY KEY (run_id, hash)
);

-- As they are now.
CREATE TABLE workspace_files (
  run_id uuid NOT NULL REFERENCES workspaces (run_id) ON DELETE CASCADE,
  path text COLLATE "C" NOT NULL CHECK (octet_length(path) BETWEEN 1 AND 512),
  org_id uuid NOT NULL,
  version integer NOT NULL,
  -- Null: it was deleted.
  hash text COLLATE "C",
  bytes integer NOT NULL,
  is_text boolean NOT NULL,
  changed_by text NOT NULL,
  changed_at timestamptz NOT NULL,
  PRIMARY KEY (run_id, path)
);

CREATE TABLE workspace_versions (
  run_id uuid NOT NULL REFERENCES workspaces (run_id) ON DELETE CASCADE,
  path text COLLATE "C" NOT NULL,
  version integer NOT NULL,
  org_id uuid NOT NULL,
  seq bigint NOT NULL,
  kind text NOT NULL CHECK (kind IN ('write', 'edit', 'delete', 'carried')),
  hash text COLLATE "C",
  bytes integer NOT NULL,
  is_text boolean NOT NULL,
  -- What an edit replaced with what.
  edits json,
  note text,
  holder text NOT NULL,
  changed_by text NOT NULL,
  -- The stage whose work it is; null: of somebody from outside the run.
  stage_key text,
  -- The fencing token that it was written under, if any.
  token bigint,
  at timestamptz NOT NULL,
  PRIMARY KEY (run_id, path, version)
);
CREATE UNIQUE INDEX workspace_versions_order ON workspace_versions (run_id, seq, path);

-- Who has claimed what. A claim holds while it has not ended, its time is not over by this clock, and the hand-out that
-- it belongs to (if it does) is the current one of its task.
CREATE TABLE workspace_leases (
  id uuid PRIMARY KEY,
  run_id uuid NOT NULL REFERENCES workspaces (run_id) ON DELETE CASCADE,
  org_id uuid NOT NULL,
  holder text NOT NULL,
  name text NOT NULL,
  patterns text[] NOT NULL,
  -- The patterns as regular expressions.
  matchers text[] NOT NULL,
  token bigint NOT NULL,
  task_index integer,
  epoch integer,
  seq bigint NOT NULL,
  taken_at timestamptz NOT NULL,
  expires_at timestamptz NOT NULL,
  ended_at timestamptz,
  ended_seq bigint,
  -- Who took it away and why; null: its holder released it.
  ended_by text,
  end_reason text
);
CREATE INDEX workspace_leases_run ON workspace_leases (run_id, seq);
CREATE INDEX workspace_leases_open ON workspace_leases (run_id, expires_at) WHERE ended_at IS NULL;

-- Everybody who has done something in it.
CREATE TABLE workspace_collaborators (
  run_id uuid NOT NULL REFERENCES workspaces (run_id) ON DELETE CASCADE,
  holder text NOT NULL,
  org_id uuid NOT NULL,
  name text NOT NULL,
  -- In their own words: what they are here for.
  about text,
  task_index integer,
  epoch integer,
  joined_at timestamptz NOT NULL,
  seen_at timestamptz NOT NULL,
  left_at timestamptz,
  -- Messages up to here have been seen.
  read_seq bigint NOT NULL DEFAULT 0,
  PRIMARY KEY (run_id, holder)
);

CREATE TABLE workspace_steps (
  run_id uuid NOT NULL REFERENCES workspaces (run_id) ON DELETE CASCADE,
  seq bigint NOT NULL,
  org_id uuid NOT NULL,
  holder text NOT NULL,
  name text NOT NULL,
  stage_key text,
  level text NOT NULL CHECK (level IN ('debug', 'info', 'warn', 'error')),
  message text NOT NULL,
  fields json,
  at timestamptz NOT NULL,
  PRIMARY KEY (run_id, seq)
);

CREATE TABLE workspace_messages (
  run_id uuid NOT NULL REFERENCES workspaces (run_id) ON DELETE CASCADE,
  seq bigint NOT NULL,
  org_id uuid NOT NULL,
  holder text NOT NULL,
  name text NOT NULL,
  -- Null: to all.
  recipient text,
  recipient_name text,
  body text NOT NULL,
  at timestamptz NOT NULL,
  PRIMARY KEY (run_id, seq)
);

DO $$
DECLARE
  name text;
BEGIN
  FOREACH name IN ARRAY ARRAY['workspaces', 'workspace_blobs', 'workspace_files', 'workspace_versions', 'workspace_leases',
      'workspace_collaborators', 'workspace_steps', 'workspace_messages'] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
    EXECUTE format('CREATE POLICY tenant ON %I TO signalbox_door USING (org_id = (SELECT current_org()))
      WITH CHECK (org_id = (SELECT current_org()))', name);
    EXECUTE format('GRANT SELECT, INSERT ON %I TO signalbox_door', name);
  END LOOP;
  GRANT UPDATE ON workspaces, workspace_files, workspace_leases, workspace_collaborators TO signalbox_door;
  -- What was brought over for a run that was not born after all.
  GRANT DELETE ON workspaces TO signalbox_door;
END $$;
