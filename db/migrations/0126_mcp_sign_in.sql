-- Upstream MCP servers that people sign in to: how a connection does it, and who has.

-- Null: no sign-in. Else `mode` (`each` person for themselves, or `shared`), and what its client is there.
ALTER TABLE mcp_connections ADD COLUMN sign_in json CHECK (sign_in IS NULL OR kind = 'http');

-- The tokens themselves are sealed in `secrets`, under `mcp/oauth/<connection>/<holder>`. Without a row here they count for nothing.
CREATE TABLE mcp_sign_ins (
  connection_id uuid NOT NULL REFERENCES mcp_connections (id) ON DELETE CASCADE,
  org_id uuid NOT NULL REFERENCES orgs (id),
  -- A person; all zeros: everybody.
  holder_id uuid NOT NULL,
  -- Who leaves the organisation is signed in nowhere in its name.
  user_id uuid,
  state text NOT NULL CHECK (state IN ('signed-in', 'needed')),
  issuer text NOT NULL,
  scope text,
  -- What the server asked for beyond that: the next sign-in asks for both.
  wanted_scope text,
  can_renew boolean NOT NULL,
  expires_at timestamptz,
  problem text,
  -- Tokens that change with each renewal are renewed by one process at a time.
  renewing_until timestamptz,
  changed_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (connection_id, holder_id),
  FOREIGN KEY (org_id, user_id) REFERENCES memberships (org_id, user_id) ON DELETE CASCADE
);
CREATE INDEX mcp_sign_ins_org ON mcp_sign_ins (org_id, connection_id);
CREATE INDEX mcp_sign_ins_expiry ON mcp_sign_ins (expires_at) WHERE state = 'signed-in' AND can_renew;

ALTER TABLE mcp_sign_ins ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant ON mcp_sign_ins TO signalbox_door USING (org_id = (SELECT current_org()))
  WITH CHECK (org_id = (SELECT current_org()));
GRANT SELECT, DELETE ON mcp_sign_ins TO signalbox_door;
