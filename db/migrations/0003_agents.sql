-- Agents, their health and how they do.

CREATE TABLE agents (
  id uuid PRIMARY KEY,
  org_id uuid NOT NULL REFERENCES orgs (id),
  name text NOT NULL CHECK (length(name) BETWEEN 1 AND 128),
  -- One process of the agent. The same name may run many times.
  instance text NOT NULL DEFAULT 'default',
  -- Grows at each registration: of two that claim to be the same instance the older is told to stop.
  generation integer NOT NULL DEFAULT 1,
  type text NOT NULL DEFAULT 'worker',
  transport text NOT NULL CHECK (transport IN ('local', 'amqp', 'push', 'pull')),
  version text NOT NULL DEFAULT '',
  capabilities json NOT NULL,
  labels text[] NOT NULL DEFAULT '{}',
  endpoints json,
  resources json,
  max_concurrency integer NOT NULL DEFAULT 1 CHECK (max_concurrency BETWEEN 1 AND 100000),
  -- What people ordered: null, draining, paused, quarantined; with the reason they gave.
  ordered text,
  ordered_reason text,
  ordered_at timestamptz,
  registered_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  UNIQUE (org_id, name, instance)
);
CREATE TRIGGER agents_touch BEFORE UPDATE ON agents FOR EACH ROW EXECUTE FUNCTION touch_updated_at();

-- Written when a state changes, not at every beat: beats live in the hot state.
CREATE TABLE agent_health (
  agent_id uuid PRIMARY KEY REFERENCES agents (id) ON DELETE CASCADE,
  org_id uuid NOT NULL REFERENCES orgs (id),
  state text NOT NULL,
  since timestamptz NOT NULL DEFAULT now(),
  last_beat_at timestamptz,
  load real,
  detail json
);

-- One row for each agent, capability and minute.
CREATE TABLE agent_performance (
  org_id uuid NOT NULL,
  agent_id uuid NOT NULL,
  capability text NOT NULL,
  minute timestamptz NOT NULL,
  succeeded integer NOT NULL DEFAULT 0,
  failed integer NOT NULL DEFAULT 0,
  lost integer NOT NULL DEFAULT 0,
  busy_ms bigint NOT NULL DEFAULT 0,
  max_ms integer NOT NULL DEFAULT 0,
  PRIMARY KEY (agent_id, capability, minute)
);
