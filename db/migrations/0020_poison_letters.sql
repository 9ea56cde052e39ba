-- A task that every agent died of is set aside by the commit that fails it, and once.
CREATE UNIQUE INDEX dead_letters_task ON dead_letters (run_id, task_idx) WHERE run_id IS NOT NULL;

-- People close a letter at the doors; what it says stays as it was written.
GRANT UPDATE (closed_at, closed_how) ON dead_letters TO signalbox_door;

INSERT INTO dead_letters (org_id, queue, reason, body, run_id, task_idx, created_at)
SELECT org_id, capability, error ->> 'message',
  json_build_object('task_id', 'task_' || replace(run_id::text, '-', '') || '_' || idx, 'stage', stage_key,
    'capability', capability, 'epoch', epoch)::text,
  run_id, idx, finished_at
FROM tasks WHERE status = 'failed' AND error ->> 'code' = 'POISON' AND error ->> 'class' = 'lost';
