-- What a server asks in the middle of a call that a stage makes. It waits here, and not in a process, until people answer.
CREATE TABLE mcp_questions (
  id uuid PRIMARY KEY,
  org_id uuid NOT NULL REFERENCES orgs (id),
  connection_id uuid NOT NULL REFERENCES mcp_connections (id) ON DELETE CASCADE,
  tool text NOT NULL,
  definition_hash text NOT NULL,
  -- Of who asks, as people can check it.
  sender text NOT NULL,
  run_id uuid NOT NULL,
  task_index integer NOT NULL,
  -- The hand-out in which it was asked.
  epoch integer NOT NULL,
  -- Of what the stage calls with what: an answer is for just this call.
  call_hash text NOT NULL,
  -- The tool says of itself that it may be called twice.
  repeatable boolean NOT NULL,
  -- The name of what the server wants to find again, sealed in `secrets`; null: a session waits in the process that asked.
  carried_name text,
  parts json NOT NULL,
  state text NOT NULL DEFAULT 'asked' CHECK (state IN ('asked', 'answered', 'used', 'expired', 'lost', 'dropped')),
  -- Gone as soon as the server has them.
  answers json,
  -- What was said to each part, without what was written.
  actions json,
  decided_by text,
  decided_at timestamptz,
  expires_at timestamptz NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX mcp_questions_org ON mcp_questions (org_id, id);
CREATE INDEX mcp_questions_task ON mcp_questions (run_id, task_index, id);

ALTER TABLE mcp_questions ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant ON mcp_questions TO signalbox_door USING (org_id = (SELECT current_org()))
  WITH CHECK (org_id = (SELECT current_org()));
GRANT SELECT, UPDATE ON mcp_questions TO signalbox_door;
