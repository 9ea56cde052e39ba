-- What programs and agents show instead of a session. Only hashes are kept, and the last letters for people to know them by.

CREATE TABLE api_keys (
  id uuid PRIMARY KEY,
  org_id uuid NOT NULL REFERENCES orgs (id) ON DELETE CASCADE,
  name text NOT NULL CHECK (length(name) BETWEEN 1 AND 200),
  role text NOT NULL CHECK (role IN ('owner', 'admin', 'designer', 'operator', 'viewer', 'auditor')),
  -- Null: all that the role may.
  scopes text[],
  secret_hash text NOT NULL,
  last_four text NOT NULL,
  -- What the key was before it was rotated, for as long as it still counts.
  previous_hash text,
  previous_until timestamptz,
  -- Null: from anywhere.
  networks text[],
  expires_at timestamptz,
  -- Whose rights bound it. Null: the owner of this machine made it.
  made_by uuid REFERENCES users (id) ON DELETE CASCADE,
  created_at timestamptz NOT NULL DEFAULT now(),
  revoked_at timestamptz,
  last_used_at timestamptz,
  last_used_from text
);
CREATE INDEX api_keys_org ON api_keys (org_id, id) WHERE revoked_at IS NULL;
CREATE INDEX api_keys_maker ON api_keys (made_by) WHERE made_by IS NOT NULL;

-- For one agent, by its name: it may not have an id yet. Its few rights do not hang on whoever made it.
CREATE TABLE agent_tokens (
  id uuid PRIMARY KEY,
  org_id uuid NOT NULL REFERENCES orgs (id) ON DELETE CASCADE,
  agent_name text NOT NULL CHECK (length(agent_name) BETWEEN 1 AND 128),
  secret_hash text NOT NULL,
  last_four text NOT NULL,
  expires_at timestamptz,
  made_by uuid REFERENCES users (id) ON DELETE SET NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  revoked_at timestamptz,
  last_used_at timestamptz
);
CREATE INDEX agent_tokens_org ON agent_tokens (org_id, id) WHERE revoked_at IS NULL;

DO $$
DECLARE
  name text;
BEGIN
  FOREACH name IN ARRAY ARRAY['api_keys', 'agent_tokens'] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
    EXECUTE format('CREATE POLICY tenant ON %I TO signalbox_door USING (org_id = (SELECT current_org()))
      WITH CHECK (org_id = (SELECT current_org()))', name);
    EXECUTE format('GRANT SELECT, INSERT, UPDATE ON %I TO signalbox_door', name);
  END LOOP;
END $$;
