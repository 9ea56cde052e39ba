-- What people who look after agents want to see of the time that has passed.

-- A row whenever an agent comes, goes or is ordered. Free and busy are one here: they change with every task.
CREATE TABLE agent_history (
  org_id uuid NOT NULL REFERENCES orgs (id),
  agent_id uuid NOT NULL REFERENCES agents (id) ON DELETE CASCADE,
  at timestamptz NOT NULL DEFAULT now(),
  state text NOT NULL,
  PRIMARY KEY (agent_id, at)
);
CREATE INDEX agent_history_at ON agent_history (at);
ALTER TABLE agent_history ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant ON agent_history TO signalbox_door USING (org_id = (SELECT current_org()))
  WITH CHECK (org_id = (SELECT current_org()));
GRANT SELECT ON agent_history TO signalbox_door;

-- The last minutes of all agents together.
CREATE INDEX agent_performance_minute ON agent_performance (org_id, minute);

-- What the stages of a version ask for. Null in older ones: then it is read out of the graph.
ALTER TABLE versions ADD COLUMN capabilities text[];
