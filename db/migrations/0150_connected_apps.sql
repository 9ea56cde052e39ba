-- Programs that people have let in from their browser: they ask at /mcp in the name of whoever did.

CREATE TABLE app_connections (
  id uuid PRIMARY KEY,
  org_id uuid NOT NULL REFERENCES orgs (id) ON DELETE CASCADE,
  -- Whose rights of the moment bound it: who leaves the organisation takes it along.
  user_id uuid NOT NULL,
  client_id text NOT NULL,
  -- What the program calls itself.
  name text NOT NULL,
  -- Where the browser was sent back to.
  redirect_host text NOT NULL,
  scopes text[] NOT NULL,
  allowed_at timestamptz NOT NULL DEFAULT now(),
  -- Null: it has fetched no token yet.
  connected_at timestamptz,
  last_used_at timestamptz,
  last_used_from text,
  FOREIGN KEY (org_id, user_id) REFERENCES memberships (org_id, user_id) ON DELETE CASCADE
);
CREATE INDEX app_connections_of ON app_connections (org_id, user_id, id);
CREATE INDEX app_connections_client ON app_connections (client_id);

ALTER TABLE app_connections ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant ON app_connections TO signalbox_door USING (org_id = (SELECT current_org()))
  WITH CHECK (org_id = (SELECT current_org()));
GRANT SELECT, DELETE ON app_connections TO signalbox_door;

-- Programs that have said who they are, before anybody has signed in: they belong to no tenant yet.
CREATE TABLE app_clients (
  id text PRIMARY KEY,
  metadata json NOT NULL,
  registered_at timestamptz NOT NULL DEFAULT now(),
  -- When somebody let it in last. Null: nobody ever has.
  allowed_at timestamptz
);
CREATE INDEX app_clients_idle ON app_clients (registered_at) WHERE allowed_at IS NULL;

-- What is on its way or has been given out, by the digest of what its holder shows.
CREATE TABLE app_records (
  kind text NOT NULL,
  id_hash text NOT NULL,
  -- It ends with the connection. Null: nobody has said yes so far.
  connection_id uuid REFERENCES app_connections (id) ON DELETE CASCADE,
  grant_id text,
  payload json NOT NULL,
  -- Codes and refresh tokens count once.
  consumed_at timestamptz,
  expires_at timestamptz NOT NULL,
  PRIMARY KEY (kind, id_hash)
);
CREATE INDEX app_records_connection ON app_records (connection_id);
CREATE INDEX app_records_grant ON app_records (grant_id) WHERE grant_id IS NOT NULL;
CREATE INDEX app_records_expiry ON app_records (expires_at);
