-- Tenants, pipelines and their versions.

CREATE FUNCTION touch_updated_at() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.updated_at := now();
  RETURN NEW;
END $$;

-- The tenant of the door's current transaction; null closes every table to it.
CREATE FUNCTION current_org() RETURNS uuid LANGUAGE sql STABLE AS
$$ SELECT nullif(current_setting('signalbox.org', true), '')::uuid $$;

CREATE TABLE orgs (
  id uuid PRIMARY KEY,
  name text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now()
);
INSERT INTO orgs (id, name) VALUES ('00000000-0000-7000-8000-000000000001', 'Home');

CREATE TABLE pipelines (
  id uuid PRIMARY KEY,
  org_id uuid NOT NULL REFERENCES orgs (id),
  name text NOT NULL CHECK (length(name) BETWEEN 1 AND 200),
  description text NOT NULL DEFAULT '',
  tags text[] NOT NULL DEFAULT '{}',
  archived_at timestamptz,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now()
);
CREATE UNIQUE INDEX pipelines_name ON pipelines (org_id, lower(name)) WHERE archived_at IS NULL;
CREATE TRIGGER pipelines_touch BEFORE UPDATE ON pipelines FOR EACH ROW EXECUTE FUNCTION touch_updated_at();

-- One editable state a pipeline. `revision` is compared at every save.
CREATE TABLE drafts (
  pipeline_id uuid PRIMARY KEY REFERENCES pipelines (id) ON DELETE CASCADE,
  org_id uuid NOT NULL REFERENCES orgs (id),
  revision integer NOT NULL,
  document json NOT NULL,
  updated_at timestamptz NOT NULL DEFAULT now()
);
CREATE TRIGGER drafts_touch BEFORE UPDATE ON drafts FOR EACH ROW EXECUTE FUNCTION touch_updated_at();

-- Immutable. A version without a pipeline is the graph of stand-alone tasks, shared by its hash.
CREATE TABLE versions (
  id uuid PRIMARY KEY,
  org_id uuid NOT NULL REFERENCES orgs (id),
  pipeline_id uuid REFERENCES pipelines (id),
  number integer NOT NULL,
  graph json NOT NULL,
  content_hash text NOT NULL,
  note text NOT NULL DEFAULT '',
  created_at timestamptz NOT NULL DEFAULT now()
);
CREATE UNIQUE INDEX versions_number ON versions (pipeline_id, number) WHERE pipeline_id IS NOT NULL;
CREATE UNIQUE INDEX versions_shared ON versions (org_id, content_hash) WHERE pipeline_id IS NULL;

CREATE TABLE task_dag_templates (
  org_id uuid NOT NULL REFERENCES orgs (id),
  key text NOT NULL,
  name text NOT NULL,
  description text NOT NULL DEFAULT '',
  document json NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (org_id, key)
);
CREATE TRIGGER task_dag_templates_touch BEFORE UPDATE ON task_dag_templates
  FOR EACH ROW EXECUTE FUNCTION touch_updated_at();
