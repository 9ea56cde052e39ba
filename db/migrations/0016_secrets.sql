-- What Signalbox has to know and nobody may read: values under a key of their own each, which is itself under a secret
-- key that is not in the database.

CREATE TABLE secrets (
  org_id uuid NOT NULL REFERENCES orgs (id),
  name text NOT NULL CHECK (name ~ '^[A-Za-z0-9][A-Za-z0-9_./-]{0,127}$'),
  -- Higher with each value; what is sealed is bound to it.
  version integer NOT NULL,
  key_id text NOT NULL,
  wrapped_key bytea NOT NULL,
  sealed bytea NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (org_id, name)
);
CREATE INDEX secrets_key ON secrets (key_id, org_id, name);
CREATE TRIGGER secrets_touch BEFORE UPDATE ON secrets FOR EACH ROW EXECUTE FUNCTION touch_updated_at();

ALTER TABLE secrets ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant ON secrets TO signalbox_door USING (org_id = (SELECT current_org()))
  WITH CHECK (org_id = (SELECT current_org()));
-- The doors write values and list names. What is sealed is read by the engine's role alone.
GRANT SELECT (org_id, name, version, created_at, updated_at), INSERT, UPDATE, DELETE ON secrets TO signalbox_door;
