-- People, what they are in which tenant, and how they are known when they come back.

-- Not of a tenant: one person may be a member of several.
CREATE TABLE users (
  id uuid PRIMARY KEY,
  -- Lower case, compatibility forms undone. Null: the owner of this machine, before there was an account.
  email text CHECK (length(email) BETWEEN 3 AND 254),
  name text NOT NULL CHECK (length(name) BETWEEN 1 AND 200),
  password_hash text,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now()
);
CREATE UNIQUE INDEX users_email ON users (email);
CREATE TRIGGER users_touch BEFORE UPDATE ON users FOR EACH ROW EXECUTE FUNCTION touch_updated_at();

CREATE TABLE memberships (
  org_id uuid NOT NULL REFERENCES orgs (id) ON DELETE CASCADE,
  user_id uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  role text NOT NULL CHECK (role IN ('owner', 'admin', 'designer', 'operator', 'viewer', 'auditor')),
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (org_id, user_id)
);
CREATE INDEX memberships_user ON memberships (user_id);
CREATE TRIGGER memberships_touch BEFORE UPDATE ON memberships FOR EACH ROW EXECUTE FUNCTION touch_updated_at();

-- A row for each signed-in browser; signing out deletes it. The cookie holds what the hash was made from.
CREATE TABLE sessions (
  id uuid PRIMARY KEY,
  token_hash text NOT NULL UNIQUE,
  user_id uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  org_id uuid NOT NULL REFERENCES orgs (id) ON DELETE CASCADE,
  -- link, password, or the id of a provider.
  how text NOT NULL,
  address text,
  user_agent text,
  created_at timestamptz NOT NULL DEFAULT now(),
  last_seen_at timestamptz NOT NULL DEFAULT now(),
  expires_at timestamptz NOT NULL
);
CREATE INDEX sessions_user ON sessions (user_id);
CREATE INDEX sessions_expiry ON sessions (expires_at);

-- Links that work once: using one deletes it. `owner` is what the start prints, `invite` what a member sends.
CREATE TABLE sign_in_links (
  id uuid PRIMARY KEY,
  token_hash text NOT NULL UNIQUE,
  kind text NOT NULL CHECK (kind IN ('owner', 'invite')),
  org_id uuid NOT NULL REFERENCES orgs (id) ON DELETE CASCADE,
  role text NOT NULL CHECK (role IN ('owner', 'admin', 'designer', 'operator', 'viewer', 'auditor')),
  -- Whom it is meant for, in the words of who made it.
  label text NOT NULL DEFAULT '',
  made_by uuid REFERENCES users (id) ON DELETE CASCADE,
  created_at timestamptz NOT NULL DEFAULT now(),
  expires_at timestamptz NOT NULL
);
CREATE INDEX sign_in_links_org ON sign_in_links (org_id, id);

-- Who somebody is at a provider. The provider's word for an address of theirs is no proof and is not kept.
CREATE TABLE linked_identities (
  issuer text NOT NULL,
  subject text NOT NULL,
  user_id uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  linked_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (issuer, subject)
);
CREATE INDEX linked_identities_user ON linked_identities (user_id);

-- Pipelines that a member may design whatever the role says.
CREATE TABLE pipeline_grants (
  org_id uuid NOT NULL,
  pipeline_id uuid NOT NULL REFERENCES pipelines (id) ON DELETE CASCADE,
  user_id uuid NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (pipeline_id, user_id),
  FOREIGN KEY (org_id, user_id) REFERENCES memberships (org_id, user_id) ON DELETE CASCADE
);
CREATE INDEX pipeline_grants_member ON pipeline_grants (org_id, user_id);

-- What the doors may know of people: the members of their tenant, and never a password. It reads with its owner's
-- rights, so the tenant is named here and not left to a policy.
CREATE VIEW members WITH (security_barrier = true) AS
  SELECT m.org_id, m.user_id, u.name, u.email, m.role, m.created_at
  FROM memberships m JOIN users u ON u.id = m.user_id
  WHERE m.org_id = (SELECT current_org());

DO $$
DECLARE
  name text;
BEGIN
  FOREACH name IN ARRAY ARRAY['memberships', 'sign_in_links', 'pipeline_grants'] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
    EXECUTE format('CREATE POLICY tenant ON %I TO signalbox_door USING (org_id = (SELECT current_org()))
      WITH CHECK (org_id = (SELECT current_org()))', name);
    EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %I TO signalbox_door', name);
  END LOOP;
  GRANT SELECT ON members TO signalbox_door;
  -- No policy and no grant: closed to the doors' role altogether.
  ALTER TABLE users ENABLE ROW LEVEL SECURITY;
  ALTER TABLE sessions ENABLE ROW LEVEL SECURITY;
  ALTER TABLE linked_identities ENABLE ROW LEVEL SECURITY;
END $$;
