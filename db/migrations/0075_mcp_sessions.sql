-- Sessions of MCP clients of the older generation: enough of each to make it again in any process.
CREATE TABLE mcp_sessions (
  -- Of the id, which is chance: whoever reads this table can use none of them.
  token_hash text PRIMARY KEY,
  org_id uuid NOT NULL REFERENCES orgs (id) ON DELETE CASCADE,
  -- Who began it. To everybody else it does not exist.
  actor text NOT NULL,
  -- What the client said of itself when it began.
  hello json NOT NULL,
  -- URIs that it wants to hear of.
  subscriptions text[] NOT NULL DEFAULT '{}',
  created_at timestamptz NOT NULL DEFAULT now(),
  used_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX mcp_sessions_actor ON mcp_sessions (org_id, actor, used_at);
CREATE INDEX mcp_sessions_used ON mcp_sessions (org_id, used_at);

ALTER TABLE mcp_sessions ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant ON mcp_sessions TO signalbox_door USING (org_id = (SELECT current_org()))
  WITH CHECK (org_id = (SELECT current_org()));
GRANT SELECT, INSERT, UPDATE, DELETE ON mcp_sessions TO signalbox_door;
