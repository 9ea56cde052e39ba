-- What `npm run seed` has made, so that it can be taken away again and nothing else: a tag can be given to anything.
CREATE TABLE samples (
  org_id uuid NOT NULL REFERENCES orgs (id),
  kind text NOT NULL CHECK (kind IN ('pipeline', 'agent')),
  id uuid NOT NULL,
  scenario text NOT NULL CHECK (length(scenario) <= 64),
  made_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (org_id, kind, id)
);
ALTER TABLE samples ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant ON samples TO signalbox_door USING (org_id = (SELECT current_org()));
GRANT SELECT ON samples TO signalbox_door;
