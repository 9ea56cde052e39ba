-- Who did what. Rows are only ever added, each with a hash over itself and the hash before it, so that whoever changes,
-- removes or reorders one breaks the chain; what was cut off at the end shows against a signed checkpoint.

CREATE TABLE audit_heads (
  org_id uuid PRIMARY KEY REFERENCES orgs (id),
  seq bigint NOT NULL,
  hash bytea NOT NULL,
  at timestamptz NOT NULL
);

CREATE TABLE audit_entries (
  org_id uuid NOT NULL REFERENCES orgs (id),
  seq bigint NOT NULL,
  at timestamptz NOT NULL,
  -- Copied out of the body to be searched by; a verification compares them with it.
  actor_id text NOT NULL,
  action text NOT NULL,
  target text,
  request_id text,
  -- The entry as it was hashed.
  body text NOT NULL,
  hash bytea NOT NULL,
  PRIMARY KEY (org_id, seq)
);
CREATE INDEX audit_entries_actor ON audit_entries (org_id, actor_id, seq);
CREATE INDEX audit_entries_action ON audit_entries (org_id, action, seq);
CREATE INDEX audit_entries_target ON audit_entries (org_id, target, seq);

CREATE TABLE audit_checkpoints (
  org_id uuid NOT NULL REFERENCES orgs (id),
  seq bigint NOT NULL,
  hash bytea NOT NULL,
  at timestamptz NOT NULL,
  key_id text NOT NULL,
  signature bytea NOT NULL,
  PRIMARY KEY (org_id, seq)
);

CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'rows of % are never changed or removed', TG_TABLE_NAME USING ERRCODE = '42501';
END $$;
CREATE TRIGGER audit_entries_final BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_entries
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER audit_checkpoints_final BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_checkpoints
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- The only way in. Entries of a tenant are added one after the other: whoever comes meanwhile waits for the head's row.
CREATE FUNCTION audit_append(org uuid, bodies json) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  head audit_heads;
  entry json;
BEGIN
  IF current_org() IS NOT NULL AND current_org() <> org THEN
    RAISE EXCEPTION 'the audit of another tenant' USING ERRCODE = '42501';
  END IF;
  INSERT INTO audit_heads VALUES (org, 0, sha256(convert_to(replace(org::text, '-', ''), 'UTF8')),
    date_trunc('milliseconds', now())) ON CONFLICT DO NOTHING;
  SELECT * INTO STRICT head FROM audit_heads WHERE org_id = org FOR UPDATE;
  FOR entry IN SELECT value FROM json_array_elements(bodies) LOOP
    head.seq := head.seq + 1;
    -- A clock that was set back does not make a later entry an earlier one.
    head.at := greatest(head.at, date_trunc('milliseconds', clock_timestamp()));
    head.hash := sha256(head.hash || convert_to(concat_ws(E'\n', head.seq,
      to_char(head.at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'), entry::text), 'UTF8'));
    INSERT INTO audit_entries VALUES (org, head.seq, head.at, entry #>> '{actor,id}', entry ->> 'action',
      entry ->> 'target', entry ->> 'request_id', entry::text, head.hash);
  END LOOP;
  UPDATE audit_heads SET seq = head.seq, hash = head.hash, at = head.at WHERE org_id = org;
  RETURN head.seq;
END $$;
REVOKE EXECUTE ON FUNCTION audit_append(uuid, json) FROM PUBLIC;

DO $$
DECLARE
  name text;
BEGIN
  FOREACH name IN ARRAY ARRAY['audit_heads', 'audit_entries', 'audit_checkpoints'] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
    EXECUTE format('CREATE POLICY tenant ON %I TO signalbox_door USING (org_id = (SELECT current_org()))', name);
    EXECUTE format('GRANT SELECT ON %I TO signalbox_door', name);
  END LOOP;
  GRANT EXECUTE ON FUNCTION audit_append(uuid, json) TO signalbox_door;
END $$;
