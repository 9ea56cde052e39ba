-- Every attempt of every task: those that another followed, and the current ones.
CREATE VIEW task_attempts WITH (security_invoker = true) AS
  SELECT run_id, idx, epoch, org_id, attempt, agent_id, ended, ready_at, started_at, finished_at, error, routing
  FROM attempts
  UNION ALL
  SELECT run_id, idx, epoch, org_id, attempt, agent_id, status::text, ready_at, started_at, finished_at, error, routing
  FROM tasks WHERE epoch > 0;

CREATE VIEW task_histories WITH (security_invoker = true) AS
  SELECT t.run_id, t.idx, t.org_id, r.pipeline_id, r.version_id, t.stage_key, t.capability, t.status, t.attempt,
         t.agent_id, t.ready_at, t.started_at, t.finished_at, t.progress, t.error, r.created_at AS run_created_at
  FROM tasks t JOIN runs r ON r.id = t.run_id;

-- The last 24 hours by capability.
CREATE VIEW task_analytics WITH (security_invoker = true) AS
  SELECT org_id, capability,
         count(*) AS tasks,
         count(*) FILTER (WHERE status = 'succeeded') AS succeeded,
         count(*) FILTER (WHERE status = 'failed') AS failed,
         count(*) FILTER (WHERE status IN ('ready', 'queued', 'running', 'retrying')) AS open,
         avg(extract(epoch FROM finished_at - started_at) * 1000) FILTER (WHERE status = 'succeeded') AS avg_run_ms,
         percentile_cont(0.95) WITHIN GROUP (ORDER BY extract(epoch FROM finished_at - started_at) * 1000)
           FILTER (WHERE status = 'succeeded') AS p95_run_ms,
         percentile_cont(0.95) WITHIN GROUP (ORDER BY extract(epoch FROM started_at - ready_at) * 1000)
           FILTER (WHERE started_at IS NOT NULL) AS p95_wait_ms
  FROM tasks
  WHERE run_id >= uuid_at(now() - interval '24 hours')
  GROUP BY org_id, capability;

CREATE VIEW agent_performance_summary WITH (security_invoker = true) AS
  SELECT a.org_id, a.id AS agent_id, a.name, a.instance, p.capability,
         sum(p.succeeded) AS succeeded, sum(p.failed) AS failed, sum(p.lost) AS lost,
         sum(p.succeeded)::numeric / nullif(sum(p.succeeded + p.failed + p.lost), 0) AS success_rate,
         sum(p.busy_ms)::numeric / nullif(sum(p.succeeded + p.failed), 0) AS avg_run_ms,
         max(p.max_ms) AS max_run_ms
  FROM agents a JOIN agent_performance p ON p.agent_id = a.id
  WHERE p.minute >= now() - interval '24 hours'
  GROUP BY a.org_id, a.id, a.name, a.instance, p.capability;
