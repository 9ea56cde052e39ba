-- The doors' role owns nothing and sees one tenant: the one that its transaction names. The engine's role owns the
-- tables and is not held to the policies.
DO $$
BEGIN
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'signalbox_door') THEN
    CREATE ROLE signalbox_door NOLOGIN;
  END IF;
EXCEPTION WHEN duplicate_object OR unique_violation THEN
  NULL; -- another database of the same server made it first
END $$;

DO $$
DECLARE
  name text;
BEGIN
  EXECUTE format('GRANT signalbox_door TO %I', current_user);
  GRANT USAGE ON SCHEMA public TO signalbox_door;
  FOREACH name IN ARRAY ARRAY['pipelines', 'drafts', 'versions', 'task_dag_templates', 'runs', 'tasks', 'attempts',
      'run_events', 'task_stage_logs', 'run_objects', 'idempotency_keys', 'dead_letters', 'late_answers', 'concurrency_slots',
      'agents', 'agent_health', 'agent_performance'] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
    EXECUTE format('CREATE POLICY tenant ON %I TO signalbox_door USING (org_id = (SELECT current_org()))
      WITH CHECK (org_id = (SELECT current_org()))', name);
    EXECUTE format('GRANT SELECT ON %I TO signalbox_door', name);
  END LOOP;
  ALTER TABLE orgs ENABLE ROW LEVEL SECURITY;
  CREATE POLICY tenant ON orgs TO signalbox_door USING (id = (SELECT current_org()));
  GRANT SELECT ON orgs, task_attempts, task_histories, task_analytics, agent_performance_summary TO signalbox_door;
  GRANT INSERT, UPDATE ON pipelines, drafts, versions, task_dag_templates, agents, agent_health TO signalbox_door;
  GRANT DELETE ON drafts, task_dag_templates TO signalbox_door;
END $$;
