-- What was made under an idempotency key need not be a run.
ALTER TABLE idempotency_keys ALTER COLUMN run_id DROP NOT NULL;
ALTER TABLE idempotency_keys ADD COLUMN subject text;
ALTER TABLE idempotency_keys ADD CONSTRAINT idempotency_keys_made CHECK (run_id IS NULL OR subject IS NULL);
GRANT INSERT, UPDATE ON idempotency_keys TO signalbox_door;

-- Pipelines that somebody wants at hand.
CREATE TABLE pipeline_stars (
  org_id uuid NOT NULL REFERENCES orgs (id),
  actor_id text NOT NULL,
  pipeline_id uuid NOT NULL REFERENCES pipelines (id) ON DELETE CASCADE,
  created_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (org_id, actor_id, pipeline_id)
);
ALTER TABLE pipeline_stars ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant ON pipeline_stars TO signalbox_door USING (org_id = (SELECT current_org()))
  WITH CHECK (org_id = (SELECT current_org()));
GRANT SELECT, INSERT, DELETE ON pipeline_stars TO signalbox_door;

CREATE INDEX pipelines_tags ON pipelines USING gin (tags);
CREATE INDEX pipelines_org ON pipelines (org_id, id);

-- Secrets that all processes on this database share and nobody else knows. The doors' role cannot read them.
CREATE TABLE server_keys (
  name text PRIMARY KEY,
  value text NOT NULL
);
INSERT INTO server_keys (name, value)
VALUES ('list-cursors', encode(sha256((gen_random_uuid()::text || gen_random_uuid()::text)::bytea), 'hex'));
