-- Who sits with an agent that any process can call: a row for each hand-out to it that has not ended, written in the
-- commit that hands out and deleted in the commit that ends it. Two processes that take the same seat cannot both
-- commit, so an agent has never more than its registration allows.
CREATE TABLE agent_seats (
  agent_id uuid NOT NULL,
  -- From 1 to the agent's max_concurrency.
  seat integer NOT NULL,
  org_id uuid NOT NULL,
  run_id uuid NOT NULL,
  idx integer NOT NULL,
  epoch integer NOT NULL,
  PRIMARY KEY (agent_id, seat)
);
CREATE INDEX agent_seats_task ON agent_seats (run_id, idx);

ALTER TABLE agent_seats ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant ON agent_seats TO signalbox_door USING (org_id = (SELECT current_org()))
  WITH CHECK (org_id = (SELECT current_org()));
GRANT SELECT ON agent_seats TO signalbox_door;

-- What such agents hold at this moment.
INSERT INTO agent_seats (agent_id, seat, org_id, run_id, idx, epoch)
SELECT a.id, row_number() OVER (PARTITION BY a.id ORDER BY t.run_id, t.idx), t.org_id, t.run_id, t.idx, t.epoch
FROM runs r JOIN tasks t ON t.run_id = r.id JOIN agents a ON a.id = t.agent_id
WHERE r.wake_at IS NOT NULL AND t.status = 'running' AND a.transport = 'push';
