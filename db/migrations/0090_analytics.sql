-- What has ended, counted. Written by a chore of the coordinators, never by the commit that ends a run: each slice of
-- five minutes is counted from the runs that ended in it, as a whole, whenever there are more of them than it knows.

CREATE TABLE analytics_slices (
  org_id uuid NOT NULL REFERENCES orgs (id),
  at timestamptz NOT NULL,
  -- How many runs were counted.
  runs integer NOT NULL,
  PRIMARY KEY (org_id, at)
);

-- One row: how far the chore has come.
CREATE TABLE analytics_progress (
  one boolean PRIMARY KEY DEFAULT true CHECK (one),
  -- All that ended before and was committed by then is counted.
  counted_until timestamptz,
  -- Hours and days that are over have rows of their own, sums of those of their slices.
  hours_until timestamptz,
  days_until timestamptz
);
INSERT INTO analytics_progress DEFAULT VALUES;

-- `level`: 0 five minutes, 1 an hour, 2 a day of UTC. Histograms are a list of buckets and one of counts.
-- All rows of a slice, an hour or a day are replaced together, so there is no key that would have to be kept unique.
CREATE TABLE run_rollups (
  org_id uuid NOT NULL,
  level smallint NOT NULL,
  at timestamptz NOT NULL,
  pipeline_id uuid,
  version_id uuid NOT NULL,
  -- Null: whoever worked on it.
  agent_id uuid,
  -- Of the run's own; empty: whatever it has.
  tag text NOT NULL,
  -- Empty: it has not failed.
  error_group text NOT NULL,
  succeeded integer NOT NULL,
  failed integer NOT NULL,
  cancelled integer NOT NULL,
  -- From its birth to its end, of those that succeeded.
  durations smallint[] NOT NULL,
  durations_n integer[] NOT NULL
);
CREATE INDEX run_rollups_at ON run_rollups (org_id, level, at);

CREATE TABLE task_rollups (
  org_id uuid NOT NULL,
  level smallint NOT NULL,
  at timestamptz NOT NULL,
  pipeline_id uuid,
  version_id uuid NOT NULL,
  stage_key text NOT NULL,
  capability text NOT NULL,
  -- Null: nobody's.
  agent_id uuid,
  tag text NOT NULL,
  -- Tasks that were handed out, and how they ended.
  tasks integer NOT NULL,
  succeeded integer NOT NULL,
  failed integer NOT NULL,
  cancelled integer NOT NULL,
  -- Hand-outs that count.
  attempts integer NOT NULL,
  failed_attempts integer NOT NULL,
  lost_attempts integer NOT NULL,
  busy_ms bigint NOT NULL,
  -- So long runs waited for it alone.
  critical_ms bigint NOT NULL,
  -- From its turn to its last start, and from there to its success.
  waits smallint[] NOT NULL,
  waits_n integer[] NOT NULL,
  times smallint[] NOT NULL,
  times_n integer[] NOT NULL
);
CREATE INDEX task_rollups_at ON task_rollups (org_id, level, at);

-- Kinds of failures: one row for each `error_group` of runs.
CREATE TABLE error_groups (
  org_id uuid NOT NULL REFERENCES orgs (id),
  id text NOT NULL,
  class text NOT NULL,
  code text NOT NULL,
  -- Of the newest one.
  message text NOT NULL,
  capability text,
  first_seen timestamptz NOT NULL,
  last_seen timestamptz NOT NULL,
  -- What people have decided. One that comes again after it was resolved counts as open.
  status text NOT NULL DEFAULT 'open' CHECK (status IN ('open', 'resolved', 'ignored')),
  decided_at timestamptz,
  decided_by text,
  note text NOT NULL DEFAULT '',
  PRIMARY KEY (org_id, id)
);

DO $$
DECLARE
  name text;
BEGIN
  FOREACH name IN ARRAY ARRAY['run_rollups', 'task_rollups', 'error_groups'] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
    EXECUTE format('CREATE POLICY tenant ON %I TO signalbox_door USING (org_id = (SELECT current_org()))
      WITH CHECK (org_id = (SELECT current_org()))', name);
    EXECUTE format('GRANT SELECT ON %I TO signalbox_door', name);
  END LOOP;
  GRANT UPDATE ON error_groups TO signalbox_door;
  -- No tenant's: it says how far the counting has come, and nothing of what is counted.
  GRANT SELECT ON analytics_progress TO signalbox_door;
  ALTER TABLE analytics_slices ENABLE ROW LEVEL SECURITY;
END $$;
