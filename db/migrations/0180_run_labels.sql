-- What of their metadata runs are found by, in the order of the runs. An index on the list itself knows no order: all
-- that match had to be read and sorted for each page. A row for each label of a run, from its birth on; they never change.

CREATE TABLE run_labels (
  org_id uuid NOT NULL,
  label text NOT NULL,
  run_id uuid NOT NULL,
  PRIMARY KEY (org_id, label, run_id)
) PARTITION BY RANGE (run_id);

CREATE OR REPLACE FUNCTION ensure_parts(since timestamptz, until timestamptz) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  parent text;
  part text;
BEGIN
  FOR week IN floor(extract(epoch FROM since) / 604800) .. floor(extract(epoch FROM until) / 604800) LOOP
    -- Labels first: a run cannot be born into a week that has no place for them.
    FOREACH parent IN ARRAY ARRAY['run_labels', 'runs', 'tasks', 'attempts', 'run_events', 'task_stage_logs', 'run_objects'] LOOP
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

-- A place for every week that has runs.
SELECT ensure_parts(to_timestamp(week * 604800::bigint), to_timestamp(week * 604800::bigint))
FROM (SELECT substring(inhrelid::regclass::text FROM '_w([0-9]+)$')::bigint AS week FROM pg_inherits
  WHERE inhparent = 'runs'::regclass) AS parts;

-- Kept by the database itself, whoever writes: also a process of the version before that still works beside this one.
-- A run without labels pays for a look at a column.
CREATE FUNCTION keep_run_labels() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO run_labels (org_id, label, run_id) SELECT NEW.org_id, label, NEW.id FROM unnest(NEW.labels) AS label
    ON CONFLICT DO NOTHING;
  RETURN NULL;
END $$;
CREATE FUNCTION forget_run_labels() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  DELETE FROM run_labels WHERE org_id = OLD.org_id AND label = ANY (OLD.labels) AND run_id = OLD.id;
  RETURN NULL;
END $$;
CREATE TRIGGER runs_keep_labels AFTER INSERT ON runs FOR EACH ROW WHEN (NEW.labels IS NOT NULL)
  EXECUTE FUNCTION keep_run_labels();
CREATE TRIGGER runs_forget_labels AFTER DELETE ON runs FOR EACH ROW WHEN (OLD.labels IS NOT NULL)
  EXECUTE FUNCTION forget_run_labels();

ALTER TABLE run_labels ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant ON run_labels TO signalbox_door USING (org_id = (SELECT current_org()))
  WITH CHECK (org_id = (SELECT current_org()));
GRANT SELECT ON run_labels TO signalbox_door;
