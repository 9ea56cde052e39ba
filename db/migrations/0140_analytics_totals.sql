-- All that ended in a slice, an hour or a day of a tenant, in one row: most questions are about everything, and the rows
-- by pipeline, version and stage are dozens for each five minutes. Kept by the database itself, from those rows and in
-- the transaction that changes them, so the two never disagree, whoever writes.

CREATE TABLE run_totals (
  org_id uuid NOT NULL,
  level smallint NOT NULL,
  at timestamptz NOT NULL,
  succeeded integer NOT NULL,
  failed integer NOT NULL,
  cancelled integer NOT NULL,
  durations smallint[] NOT NULL,
  durations_n integer[] NOT NULL,
  PRIMARY KEY (org_id, level, at)
);

CREATE TABLE task_totals (
  org_id uuid NOT NULL,
  level smallint NOT NULL,
  at timestamptz NOT NULL,
  tasks integer NOT NULL,
  succeeded integer NOT NULL,
  failed integer NOT NULL,
  cancelled integer NOT NULL,
  attempts integer NOT NULL,
  failed_attempts integer NOT NULL,
  lost_attempts integer NOT NULL,
  busy_ms bigint NOT NULL,
  critical_ms bigint NOT NULL,
  waits smallint[] NOT NULL,
  waits_n integer[] NOT NULL,
  times smallint[] NOT NULL,
  times_n integer[] NOT NULL,
  PRIMARY KEY (org_id, level, at)
);

-- Of the rows that count each run once: those of an agent or a tag count runs that others count too.
CREATE FUNCTION total_of_runs(of_org uuid, of_level smallint, of_at timestamptz) RETURNS SETOF run_totals
LANGUAGE sql STABLE AS $$
  WITH part AS MATERIALIZED (
    SELECT * FROM run_rollups WHERE org_id = of_org AND level = of_level AND at = of_at AND tag = '' AND agent_id IS NULL
  ), durations AS (
    SELECT array_agg(bucket ORDER BY bucket) AS buckets, array_agg(n ORDER BY bucket) AS ns FROM (
      SELECT bucket, sum(n)::integer AS n FROM part, unnest(durations, durations_n) AS cell (bucket, n) GROUP BY bucket) AS added
  )
  SELECT of_org, of_level, of_at, sum(succeeded)::integer, sum(failed)::integer, sum(cancelled)::integer,
    coalesce((SELECT buckets FROM durations), '{}'), coalesce((SELECT ns FROM durations), '{}')
  FROM part HAVING count(*) > 0
$$;

CREATE FUNCTION total_of_tasks(of_org uuid, of_level smallint, of_at timestamptz) RETURNS SETOF task_totals
LANGUAGE sql STABLE AS $$
  WITH part AS MATERIALIZED (
    SELECT * FROM task_rollups WHERE org_id = of_org AND level = of_level AND at = of_at AND tag = ''
  ), waits AS (
    SELECT array_agg(bucket ORDER BY bucket) AS buckets, array_agg(n ORDER BY bucket) AS ns FROM (
      SELECT bucket, sum(n)::integer AS n FROM part, unnest(waits, waits_n) AS cell (bucket, n) GROUP BY bucket) AS added
  ), times AS (
    SELECT array_agg(bucket ORDER BY bucket) AS buckets, array_agg(n ORDER BY bucket) AS ns FROM (
      SELECT bucket, sum(n)::integer AS n FROM part, unnest(times, times_n) AS cell (bucket, n) GROUP BY bucket) AS added
  )
  SELECT of_org, of_level, of_at, sum(tasks)::integer, sum(succeeded)::integer, sum(failed)::integer, sum(cancelled)::integer,
    sum(attempts)::integer, sum(failed_attempts)::integer, sum(lost_attempts)::integer, sum(busy_ms)::bigint, sum(critical_ms)::bigint,
    coalesce((SELECT buckets FROM waits), '{}'), coalesce((SELECT ns FROM waits), '{}'),
    coalesce((SELECT buckets FROM times), '{}'), coalesce((SELECT ns FROM times), '{}')
  FROM part HAVING count(*) > 0
$$;

CREATE FUNCTION keep_run_totals() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  DELETE FROM run_totals t USING (SELECT DISTINCT org_id, level, at FROM touched) AS place
    WHERE t.org_id = place.org_id AND t.level = place.level AND t.at = place.at;
  INSERT INTO run_totals SELECT total.* FROM (SELECT DISTINCT org_id, level, at FROM touched) AS place
    CROSS JOIN LATERAL total_of_runs(place.org_id, place.level, place.at) AS total;
  RETURN NULL;
END $$;

CREATE FUNCTION keep_task_totals() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  DELETE FROM task_totals t USING (SELECT DISTINCT org_id, level, at FROM touched) AS place
    WHERE t.org_id = place.org_id AND t.level = place.level AND t.at = place.at;
  INSERT INTO task_totals SELECT total.* FROM (SELECT DISTINCT org_id, level, at FROM touched) AS place
    CROSS JOIN LATERAL total_of_tasks(place.org_id, place.level, place.at) AS total;
  RETURN NULL;
END $$;

CREATE TRIGGER keep_totals_of_new AFTER INSERT ON run_rollups REFERENCING NEW TABLE AS touched
  FOR EACH STATEMENT EXECUTE FUNCTION keep_run_totals();
CREATE TRIGGER keep_totals_of_old AFTER DELETE ON run_rollups REFERENCING OLD TABLE AS touched
  FOR EACH STATEMENT EXECUTE FUNCTION keep_run_totals();
CREATE TRIGGER keep_totals_of_new AFTER INSERT ON task_rollups REFERENCING NEW TABLE AS touched
  FOR EACH STATEMENT EXECUTE FUNCTION keep_task_totals();
CREATE TRIGGER keep_totals_of_old AFTER DELETE ON task_rollups REFERENCING OLD TABLE AS touched
  FOR EACH STATEMENT EXECUTE FUNCTION keep_task_totals();

INSERT INTO run_totals SELECT total.* FROM (SELECT DISTINCT org_id, level, at FROM run_rollups) AS place
  CROSS JOIN LATERAL total_of_runs(place.org_id, place.level, place.at) AS total;
INSERT INTO task_totals SELECT total.* FROM (SELECT DISTINCT org_id, level, at FROM task_rollups) AS place
  CROSS JOIN LATERAL total_of_tasks(place.org_id, place.level, place.at) AS total;

DO $$
DECLARE
  name text;
BEGIN
  FOREACH name IN ARRAY ARRAY['run_totals', 'task_totals'] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
    EXECUTE format('CREATE POLICY tenant ON %I TO signalbox_door USING (org_id = (SELECT current_org()))
      WITH CHECK (org_id = (SELECT current_org()))', name);
    EXECUTE format('GRANT SELECT ON %I TO signalbox_door', name);
  END LOOP;
END $$;
