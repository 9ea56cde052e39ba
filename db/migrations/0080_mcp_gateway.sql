-- Upstream MCP servers: which are connected, which of their tools were approved, who may call them, and what was called.

CREATE TABLE mcp_connections (
  id uuid PRIMARY KEY,
  org_id uuid NOT NULL REFERENCES orgs (id),
  -- What the names of its tools begin with. People choose it; what a server calls itself counts for nothing.
  slug text NOT NULL CHECK (slug ~ '^[a-z][a-z0-9-]{0,31}$'),
  name text NOT NULL CHECK (length(name) BETWEEN 1 AND 200),
  kind text NOT NULL CHECK (kind IN ('http', 'stdio')),
  -- Which entry of the catalogue it was made from.
  catalogue text,
  url text CHECK (length(url) BETWEEN 1 AND 2048),
  command text,
  args text[] NOT NULL DEFAULT '{}',
  -- Names of headers or variables; their values are sealed in `secrets`, under `mcp/<id>/<name>`.
  sealed_names text[] NOT NULL DEFAULT '{}',
  -- Null: everybody's in the organisation; else that person's alone.
  owner_id uuid,
  enabled boolean NOT NULL DEFAULT true,
  calls_per_minute integer NOT NULL DEFAULT 600 CHECK (calls_per_minute BETWEEN 1 AND 1000000),
  max_concurrent integer NOT NULL DEFAULT 16 CHECK (max_concurrent BETWEEN 1 AND 1000),
  timeout_ms integer NOT NULL DEFAULT 60000 CHECK (timeout_ms BETWEEN 100 AND 3600000),
  max_result_bytes integer NOT NULL DEFAULT 1048576 CHECK (max_result_bytes BETWEEN 1024 AND 67108864),
  -- Higher with each change of how it is reached: whoever holds a session of an older one ends it.
  version integer NOT NULL DEFAULT 1,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  CHECK ((kind = 'http') = (url IS NOT NULL)),
  CHECK ((kind = 'stdio') = (command IS NOT NULL)),
  UNIQUE (org_id, slug)
);
CREATE INDEX mcp_connections_org ON mcp_connections (org_id, id);
CREATE TRIGGER mcp_connections_touch BEFORE UPDATE ON mcp_connections
  FOR EACH ROW EXECUTE FUNCTION touch_updated_at();

-- How it was when somebody last looked: kept apart, since it changes by itself.
CREATE TABLE mcp_health (
  connection_id uuid PRIMARY KEY REFERENCES mcp_connections (id) ON DELETE CASCADE,
  org_id uuid NOT NULL REFERENCES orgs (id),
  ok boolean NOT NULL,
  generation text CHECK (generation IN ('2025', '2026')),
  server_name text,
  server_version text,
  latency_ms integer,
  problem text,
  at timestamptz NOT NULL DEFAULT now(),
  -- Of the last look that went well.
  ok_at timestamptz
);

CREATE TABLE mcp_tools (
  connection_id uuid NOT NULL REFERENCES mcp_connections (id) ON DELETE CASCADE,
  org_id uuid NOT NULL REFERENCES orgs (id),
  name text NOT NULL,
  -- What people approved, and the hash that each call is held to. Null: nobody has.
  pinned json,
  pinned_hash text,
  -- What the server says now. Null: it has no such tool any more.
  offered json,
  offered_hash text,
  blocked boolean NOT NULL DEFAULT false,
  approved_by text,
  approved_at timestamptz,
  changed_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (connection_id, name)
);
CREATE INDEX mcp_tools_org ON mcp_tools (org_id, connection_id);

-- Several connections' tools under names and with arguments of the organisation's own.
CREATE TABLE mcp_servers (
  id uuid PRIMARY KEY,
  org_id uuid NOT NULL REFERENCES orgs (id),
  slug text NOT NULL CHECK (slug ~ '^[a-z][a-z0-9-]{0,31}$'),
  name text NOT NULL CHECK (length(name) BETWEEN 1 AND 200),
  description text NOT NULL DEFAULT '' CHECK (length(description) <= 4000),
  tools json NOT NULL,
  enabled boolean NOT NULL DEFAULT true,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  UNIQUE (org_id, slug)
);
CREATE TRIGGER mcp_servers_touch BEFORE UPDATE ON mcp_servers FOR EACH ROW EXECUTE FUNCTION touch_updated_at();

-- Of all rules that fit a call the strictest holds. Without one it is allowed.
CREATE TABLE mcp_rules (
  id uuid PRIMARY KEY,
  org_id uuid NOT NULL REFERENCES orgs (id),
  effect text NOT NULL CHECK (effect IN ('allow', 'ask', 'deny')),
  subject_kind text NOT NULL CHECK (subject_kind IN ('everybody', 'role', 'caller', 'agent', 'pipeline')),
  subject text,
  -- Null: all connections.
  connection_id uuid REFERENCES mcp_connections (id) ON DELETE CASCADE,
  -- Null: all its tools; a star at the end stands for any ending.
  tool text CHECK (length(tool) BETWEEN 1 AND 128),
  created_at timestamptz NOT NULL DEFAULT now(),
  CHECK ((subject_kind = 'everybody') = (subject IS NULL))
);
CREATE INDEX mcp_rules_org ON mcp_rules (org_id, id);

-- A call that a rule asks people about. Used up by the call that it was granted for.
CREATE TABLE mcp_approvals (
  id uuid PRIMARY KEY,
  org_id uuid NOT NULL REFERENCES orgs (id),
  connection_id uuid NOT NULL REFERENCES mcp_connections (id) ON DELETE CASCADE,
  tool text NOT NULL,
  arguments json NOT NULL,
  -- Of the caller, the tool and the arguments: an approval is for just this call.
  call_hash text NOT NULL,
  caller json NOT NULL,
  run_id uuid,
  task_index integer,
  state text NOT NULL DEFAULT 'asked' CHECK (state IN ('asked', 'granted', 'refused', 'used')),
  decided_by text,
  reason text,
  decided_at timestamptz,
  expires_at timestamptz NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX mcp_approvals_org ON mcp_approvals (org_id, id);
CREATE INDEX mcp_approvals_call ON mcp_approvals (org_id, call_hash) WHERE state <> 'used';
CREATE INDEX mcp_approvals_run ON mcp_approvals (run_id) WHERE run_id IS NOT NULL;

-- One row a call; no arguments and no results.
CREATE TABLE mcp_calls (
  id uuid PRIMARY KEY,
  org_id uuid NOT NULL REFERENCES orgs (id),
  connection_id uuid NOT NULL,
  tool text NOT NULL,
  door text NOT NULL CHECK (door IN ('gateway', 'server', 'api', 'pipeline')),
  caller_kind text NOT NULL,
  caller_id text NOT NULL,
  caller_name text NOT NULL,
  run_id uuid,
  outcome text NOT NULL,
  problem text,
  ms integer NOT NULL,
  sent_bytes integer NOT NULL,
  got_bytes integer NOT NULL,
  at timestamptz NOT NULL
);
CREATE INDEX mcp_calls_org ON mcp_calls (org_id, id);
CREATE INDEX mcp_calls_connection ON mcp_calls (org_id, connection_id, id);
CREATE INDEX mcp_calls_run ON mcp_calls (run_id, id) WHERE run_id IS NOT NULL;

-- Counts that outlive the calls themselves.
CREATE TABLE mcp_usage (
  org_id uuid NOT NULL REFERENCES orgs (id),
  connection_id uuid NOT NULL,
  tool text NOT NULL,
  day date NOT NULL,
  calls bigint NOT NULL,
  -- The tool answered with an error of its own.
  tool_errors bigint NOT NULL,
  -- No answer that counts: unreachable, too slow, too large, broken.
  faults bigint NOT NULL,
  -- Never sent: a rule, a limit, a breaker, a tool in quarantine.
  refusals bigint NOT NULL,
  total_ms bigint NOT NULL,
  max_ms integer NOT NULL,
  got_bytes bigint NOT NULL,
  last_at timestamptz NOT NULL,
  PRIMARY KEY (org_id, connection_id, tool, day)
);

CREATE VIEW mcp_usage_summary WITH (security_invoker = true) AS
  SELECT usage.org_id, usage.connection_id, connection.slug AS connection, usage.tool,
    sum(usage.calls)::bigint AS calls, sum(usage.tool_errors)::bigint AS tool_errors,
    sum(usage.faults)::bigint AS faults, sum(usage.refusals)::bigint AS refusals,
    CASE WHEN sum(usage.calls - usage.refusals) > 0
      THEN round(sum(usage.total_ms) / sum(usage.calls - usage.refusals))::bigint END AS mean_ms,
    max(usage.max_ms) AS max_ms, sum(usage.got_bytes)::bigint AS got_bytes,
    min(usage.day) AS first_day, max(usage.last_at) AS last_at
  FROM mcp_usage usage
  LEFT JOIN mcp_connections connection ON connection.id = usage.connection_id
  GROUP BY usage.org_id, usage.connection_id, connection.slug, usage.tool;

DO $$
DECLARE
  name text;
BEGIN
  FOREACH name IN ARRAY ARRAY['mcp_connections', 'mcp_health', 'mcp_tools', 'mcp_servers', 'mcp_rules',
    'mcp_approvals', 'mcp_calls', 'mcp_usage'] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
    EXECUTE format('CREATE POLICY tenant ON %I TO signalbox_door USING (org_id = (SELECT current_org()))
      WITH CHECK (org_id = (SELECT current_org()))', name);
    EXECUTE format('GRANT SELECT ON %I TO signalbox_door', name);
  END LOOP;
  GRANT INSERT, UPDATE, DELETE ON mcp_connections, mcp_servers, mcp_rules TO signalbox_door;
  GRANT UPDATE ON mcp_tools, mcp_approvals TO signalbox_door;
  GRANT SELECT ON mcp_usage_summary TO signalbox_door;
END $$;
