-- Every object that was ever stored from here, written down before its bytes are. What is not listed is not ours: the
-- collector never looks into the store itself, so a bucket shared by mistake loses nothing.
CREATE TABLE stored_objects (
  hash text PRIMARY KEY,
  bytes bigint NOT NULL,
  -- The tenants that have stored this content. Only they may refer to it: a hash alone is no right.
  orgs uuid[] NOT NULL,
  -- When it was last stored or referred to.
  touched_at timestamptz NOT NULL DEFAULT now(),
  -- The collector has taken it and is about to delete it: until the row is gone nobody stores or refers to it.
  doomed_at timestamptz
);
CREATE INDEX stored_objects_doomed ON stored_objects (doomed_at) WHERE doomed_at IS NOT NULL;

INSERT INTO stored_objects (hash, bytes, orgs)
SELECT hash, max(bytes), array_agg(DISTINCT org_id) FROM run_objects GROUP BY hash;
