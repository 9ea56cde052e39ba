-- What somebody looks at again and again: the address of a list, under a name, for that one alone.
CREATE TABLE saved_views (
  org_id uuid NOT NULL REFERENCES orgs (id),
  actor_id text NOT NULL,
  place text NOT NULL CHECK (length(place) <= 64),
  name text NOT NULL CHECK (length(name) BETWEEN 1 AND 64),
  query text NOT NULL CHECK (length(query) <= 4096),
  created_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (org_id, actor_id, place, name)
);
ALTER TABLE saved_views ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant ON saved_views TO signalbox_door USING (org_id = (SELECT current_org()))
  WITH CHECK (org_id = (SELECT current_org()));
GRANT SELECT, INSERT, UPDATE, DELETE ON saved_views TO signalbox_door;
