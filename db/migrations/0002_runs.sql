-- Runs and what happens in them. Every id of a run is a UUIDv7, so a range of ids is a range of time: the tables
-- are cut by week on the run's id, a run lies in one part of each, and dropping a part frees its disk.

CREATE TYPE run_status AS ENUM ('running', 'paused', 'cancelling', 'succeeded', 'failed', 'cancelled');
CREATE TYPE task_status AS ENUM
  ('pending', 'ready', 'queued', 'running', 'retrying', 'succeeded', 'failed', 'skipped', 'cancelled');

-- Hot: one update in place for each commit that moves the run. Room is left in each page for that (fillfactor), and
-- no index holds a column that changes while the run goes on, save `wake_at`, which moves rarely.
CREATE TABLE runs (
  id uuid NOT NULL PRIMARY KEY,
  org_id uuid NOT NULL,
  pipeline_id uuid,
  version_id uuid NOT NULL,
  status run_status NOT NULL,
  -- Number of the last entry of the event sequence.
  seq integer NOT NULL,
  -- Grows with each commit; a commit that names another one is refused whole.
  revision integer NOT NULL,
  wake_at timestamptz,
  deadline_at timestamptz,
  force_at timestamptz,
  failing json,
  error json,
  input json NOT NULL,
  parameters json NOT NULL,
  metadata json NOT NULL,
  notification json,
  trigger text NOT NULL,
  replay_of uuid,
  replay_from text,
  tasks_total integer NOT NULL,
  tasks_left integer NOT NULL,
  created_at timestamptz NOT NULL,
  finished_at timestamptz,
  updated_at timestamptz NOT NULL
) PARTITION BY RANGE (id);
CREATE INDEX runs_wake ON runs (wake_at) WHERE wake_at IS NOT NULL;
CREATE INDEX runs_pipeline ON runs (org_id, pipeline_id, id);
CREATE INDEX runs_org ON runs (org_id, id);
CREATE INDEX runs_replay ON runs (replay_of) WHERE replay_of IS NOT NULL;

-- A row from the moment a task could start: one insert, and one update in place when it ends. The current attempt is
-- kept here; earlier ones move to `attempts`.
CREATE TABLE tasks (
  run_id uuid NOT NULL,
  idx integer NOT NULL,
  org_id uuid NOT NULL,
  stage_key text NOT NULL,
  capability text NOT NULL,
  status task_status NOT NULL,
  epoch integer NOT NULL,
  attempt integer NOT NULL,
  losses integer NOT NULL,
  agent_id uuid,
  queue text,
  ready_at timestamptz,
  started_at timestamptz,
  finished_at timestamptz,
  -- Held: the lease ends. Queued: looked for again. Retrying: the next attempt. Ready: offered again.
  due_at timestamptz,
  queue_by timestamptz,
  stop_by timestamptz,
  progress real NOT NULL,
  output json,
  error json,
  skip text,
  wait json,
  routing json,
  PRIMARY KEY (run_id, idx)
) PARTITION BY RANGE (run_id);

-- Attempts that another one followed. `task_attempts` shows them together with the current ones.
CREATE TABLE attempts (
  run_id uuid NOT NULL,
  idx integer NOT NULL,
  epoch integer NOT NULL,
  org_id uuid NOT NULL,
  attempt integer NOT NULL,
  agent_id uuid,
  -- How it ended: failed, lost, released.
  ended text NOT NULL,
  ready_at timestamptz,
  started_at timestamptz,
  finished_at timestamptz NOT NULL,
  error json,
  routing json,
  PRIMARY KEY (run_id, idx, epoch)
) PARTITION BY RANGE (run_id);

-- A row for each commit of a run; `entries` holds the numbers seq_from to seq_to.
CREATE TABLE run_events (
  run_id uuid NOT NULL,
  seq_from integer NOT NULL,
  seq_to integer NOT NULL,
  org_id uuid NOT NULL,
  at timestamptz NOT NULL,
  entries json NOT NULL,
  PRIMARY KEY (run_id, seq_from)
) PARTITION BY RANGE (run_id);

CREATE TABLE task_stage_logs (
  run_id uuid NOT NULL,
  idx integer NOT NULL,
  epoch integer NOT NULL,
  -- Number of the line within the attempt: the same line sent twice is kept once.
  line integer NOT NULL,
  org_id uuid NOT NULL,
  at timestamptz NOT NULL,
  level text NOT NULL,
  message text NOT NULL,
  fields json,
  PRIMARY KEY (run_id, idx, epoch, line)
) PARTITION BY RANGE (run_id);

-- Large payloads by content hash, and which runs still need them.
CREATE TABLE run_objects (
  run_id uuid NOT NULL,
  hash text NOT NULL,
  org_id uuid NOT NULL,
  bytes bigint NOT NULL,
  content_type text NOT NULL,
  PRIMARY KEY (run_id, hash)
) PARTITION BY RANGE (run_id);
CREATE INDEX run_objects_hash ON run_objects (hash);

-- The first id that a moment can have.
CREATE FUNCTION uuid_at(moment timestamptz) RETURNS uuid LANGUAGE sql IMMUTABLE AS
$$ SELECT (lpad(to_hex((extract(epoch FROM moment) * 1000)::bigint), 12, '0') || '00000000000000000000')::uuid $$;

-- Makes the weekly parts from one moment to another that are not there yet. Called at start and every hour. A part is
-- numbered by the weeks since 1970, so that whoever knows a run's id knows the names of its parts.
CREATE FUNCTION ensure_parts(since timestamptz, until timestamptz) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  parent text;
  part text;
BEGIN
  FOR week IN floor(extract(epoch FROM since) / 604800) .. floor(extract(epoch FROM until) / 604800) LOOP
    FOREACH parent IN ARRAY ARRAY['runs', 'tasks', 'attempts', 'run_events', 'task_stage_logs', 'run_objects'] LOOP
      part := parent || '_w' || week;
      CONTINUE WHEN to_regclass(part) IS NOT NULL;
      EXECUTE format('CREATE TABLE %I PARTITION OF %I FOR VALUES FROM (%L) TO (%L)', part, parent,
        uuid_at(to_timestamp(week * 604800::bigint)), uuid_at(to_timestamp((week + 1) * 604800::bigint)));
      IF parent IN ('runs', 'tasks') THEN
        -- A page keeps room for one new version of each of its rows, which are longer when they end.
        EXECUTE format('ALTER TABLE %I SET (fillfactor = %s, autovacuum_vacuum_scale_factor = 0.05,
          autovacuum_vacuum_cost_delay = 0)', part, CASE parent WHEN 'runs' THEN 45 ELSE 35 END);
      END IF;
    END LOOP;
  END LOOP;
END $$;
SELECT ensure_parts(now() - interval '7 days', now() + interval '21 days');

-- Same key and same body: the same run. Same key and another body: refused.
CREATE TABLE idempotency_keys (
  org_id uuid NOT NULL,
  key text NOT NULL CHECK (length(key) BETWEEN 1 AND 255),
  request_hash text NOT NULL,
  run_id uuid NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (org_id, key)
);

-- Messages that must reach the broker; a row is gone once the broker has confirmed.
CREATE TABLE outbox (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  queue text NOT NULL,
  priority smallint NOT NULL,
  body text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now()
);

-- Messages whose effect is committed: the same one again is acknowledged and nothing more.
CREATE TABLE inbox (
  message_id text PRIMARY KEY,
  at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX inbox_at ON inbox USING brin (at);

-- What cannot be worked on: tasks that killed every agent, messages that nobody can read.
CREATE TABLE dead_letters (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  org_id uuid,
  queue text NOT NULL,
  reason text NOT NULL,
  body text NOT NULL,
  run_id uuid,
  task_idx integer,
  created_at timestamptz NOT NULL DEFAULT now(),
  closed_at timestamptz,
  closed_how text
);
CREATE INDEX dead_letters_open ON dead_letters (created_at) WHERE closed_at IS NULL;

-- Answers that came after the task had gone to somebody else: kept for people, counted for nothing.
CREATE TABLE late_answers (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  org_id uuid NOT NULL,
  run_id uuid NOT NULL,
  idx integer NOT NULL,
  epoch integer NOT NULL,
  agent_id uuid,
  reason text NOT NULL,
  answer json NOT NULL,
  at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX late_answers_run ON late_answers (run_id, idx);

-- How many leases are out for each concurrency key; changed in the commit that grants or ends one.
CREATE TABLE concurrency_slots (
  org_id uuid NOT NULL,
  key text NOT NULL,
  used integer NOT NULL CHECK (used >= 0),
  PRIMARY KEY (org_id, key)
);

CREATE FUNCTION refuse_commit(reason text) RETURNS timestamptz LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'commit refused: %', reason USING ERRCODE = 'SB001';
END $$;
