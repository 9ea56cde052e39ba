-- The schema that the migrations make. Written by `npm run schema:dump`; a test compares it.

CREATE TYPE run_status AS ENUM ('running', 'paused', 'cancelling', 'succeeded', 'failed', 'cancelled');
CREATE TYPE task_status AS ENUM ('pending', 'ready', 'queued', 'running', 'retrying', 'succeeded', 'failed', 'skipped', 'cancelled');

CREATE TABLE agent_health (
  agent_id uuid NOT NULL,
  org_id uuid NOT NULL,
  state text NOT NULL,
  since timestamp with time zone DEFAULT now() NOT NULL,
  last_beat_at timestamp with time zone,
  load real,
  detail json,
  CONSTRAINT agent_health_agent_id_fkey FOREIGN KEY (agent_id) REFERENCES agents(id) ON DELETE CASCADE,
  CONSTRAINT agent_health_org_id_fkey FOREIGN KEY (org_id) REFERENCES orgs(id),
  CONSTRAINT agent_health_pkey PRIMARY KEY (agent_id)
);

CREATE TABLE agent_history (
  org_id uuid NOT NULL,
  agent_id uuid NOT NULL,
  at timestamp with time zone DEFAULT now() NOT NULL,
  state text NOT NULL,
  CONSTRAINT agent_history_agent_id_fkey FOREIGN KEY (agent_id) REFERENCES agents(id) ON DELETE CASCADE,
  CONSTRAINT agent_history_org_id_fkey FOREIGN KEY (org_id) REFERENCES orgs(id),
  CONSTRAINT agent_history_pkey PRIMARY KEY (agent_id, at)
);

CREATE TABLE agent_performance (
  org_id uuid NOT NULL,
  agent_id uuid NOT NULL,
  capability text NOT NULL,
  minute timestamp with time zone NOT NULL,
  succeeded integer DEFAULT 0 NOT NULL,
  failed integer DEFAULT 0 NOT NULL,
  lost integer DEFAULT 0 NOT NULL,
  busy_ms bigint DEFAULT 0 NOT NULL,
  max_ms integer DEFAULT 0 NOT NULL,
  CONSTRAINT agent_performance_pkey PRIMARY KEY (agent_id, capability, minute)
);

CREATE TABLE agent_seats (
  agent_id uuid NOT NULL,
  seat integer NOT NULL,
  org_id uuid NOT NULL,
  run_id uuid NOT NULL,
  idx integer NOT NULL,
  epoch integer NOT NULL,
  CONSTRAINT agent_seats_pkey PRIMARY KEY (agent_id, seat)
);

CREATE TABLE agent_tokens (
  id uuid NOT NULL,
  org_id uuid NOT NULL,
  agent_name text NOT NULL,
  secret_hash text NOT NULL,
  last_four text NOT NULL,
  expires_at timestamp with time zone,
  made_by uuid,
  created_at timestamp with time zone DEFAULT now() NOT NULL,
  revoked_at timestamp with time zone,
  last_used_at timestamp with time zone,
  CONSTRAINT agent_tokens_agent_name_check CHECK (((length(agent_name) >= 1) AND (length(agent_name) <= 128))),
  CONSTRAINT agent_tokens_made_by_fkey FOREIGN KEY (made_by) REFERENCES users(id) ON DELETE SET NULL,
  CONSTRAINT agent_tokens_org_id_fkey FOREIGN KEY (org_id) REFERENCES orgs(id) ON DELETE CASCADE,
  CONSTRAINT agent_tokens_pkey PRIMARY KEY (id)
);

CREATE TABLE agents (
  id uuid NOT NULL,
  org_id uuid NOT NULL,
  name text NOT NULL,
  instance text DEFAULT 'default'::text NOT NULL,
  generation integer DEFAULT 1 NOT NULL,
  type text DEFAULT 'worker'::text NOT NULL,
  transport text NOT NULL,
  version text DEFAULT ''::text NOT NULL,
  capabilities json NOT NULL,
  labels text[] DEFAULT '{}'::text[] NOT NULL,
  endpoints json,
  resources json,
  max_concurrency integer DEFAULT 1 NOT NULL,
  ordered text,
  ordered_reason text,
  ordered_at timestamp with time zone,
  registered_at timestamp with time zone DEFAULT now() NOT NULL,
  updated_at timestamp with time zone DEFAULT now() NOT NULL,
  CONSTRAINT agents_max_concurrency_check CHECK (((max_concurrency >= 1) AND (max_concurrency <= 100000))),
  CONSTRAINT agents_name_check CHECK (((length(name) >= 1) AND (length(name) <= 128))),
  CONSTRAINT agents_org_id_fkey FOREIGN KEY (org_id) REFERENCES orgs(id),
  CONSTRAINT agents_org_id_name_instance_key UNIQUE (org_id, name, instance),
  CONSTRAINT agents_pkey PRIMARY KEY (id),
  CONSTRAINT agents_transport_check CHECK ((transport = ANY (ARRAY['local'::text, 'amqp'::text, 'push'::text, 'pull'::text])))
);

CREATE TABLE analytics_progress (
  one boolean DEFAULT true NOT NULL,
  counted_until timestamp with time zone,
  hours_until timestamp with time zone,
  days_until timestamp with time zone,
  CONSTRAINT analytics_progress_one_check CHECK (one),
  CONSTRAINT analytics_progress_pkey PRIMARY KEY (one)
);

CREATE TABLE analytics_slices (
  org_id uuid NOT NULL,
  at timestamp with time zone NOT NULL,
  runs integer NOT NULL,
  CONSTRAINT analytics_slices_org_id_fkey FOREIGN KEY (org_id) REFERENCES orgs(id),
  CONSTRAINT analytics_slices_pkey PRIMARY KEY (org_id, at)
);

CREATE TABLE api_keys (
  id uuid NOT NULL,
  org_id uuid NOT NULL,
  name text NOT NULL,
  role text NOT NULL,
  scopes text[],
  secret_hash text NOT NULL,
  last_four text NOT NULL,
  previous_hash text,
  previous_until timestamp with time zone,
  networks text[],
  expires_at timestamp with time zone,
  made_by uuid,
  created_at timestamp with time zone DEFAULT now() NOT NULL,
  revoked_at timestamp with time zone,
  last_used_at timestamp with time zone,
  last_used_from text,
  CONSTRAINT api_keys_made_by_fkey FOREIGN KEY (made_by) REFERENCES users(id) ON DELETE CASCADE,
  CONSTRAINT api_keys_name_check CHECK (((length(name) >= 1) AND (length(name) <= 200))),
  CONSTRAINT api_keys_org_id_fkey FOREIGN KEY (org_id) REFERENCES orgs(id) ON DELETE CASCADE,
  CONSTRAINT api_keys_pkey PRIMARY KEY (id),
  CONSTRAINT api_keys_role_check CHECK ((role = ANY (ARRAY['owner'::text, 'admin'::text, 'designer'::text, 'operator'::text, 'viewer'::text, 'auditor'::text])))
);

CREATE TABLE app_clients (
  id text NOT NULL,
  metadata json NOT NULL,
  registered_at timestamp with time zone DEFAULT now() NOT NULL,
  allowed_at timestamp with time zone,
  CONSTRAINT app_clients_pkey PRIMARY KEY (id)
);

CREATE TABLE app_connections (
  id uuid NOT NULL,
  org_id uuid NOT NULL,
  user_id uuid NOT NULL,
  client_id text NOT NULL,
  name text NOT NULL,
  redirect_host text NOT NULL,
  scopes text[] NOT NULL,
  allowed_at timestamp with time zone DEFAULT now() NOT NULL,
  connected_at timestamp with time zone,
  last_used_at timestamp with time zone,
  last_used_from text,
  path text DEFAULT '/mcp'::text NOT NULL,
  CONSTRAINT app_connections_org_id_fkey FOREIGN KEY (org_id) REFERENCES orgs(id) ON DELETE CASCADE,
  CONSTRAINT app_connections_org_id_user_id_fkey FOREIGN KEY (org_id, user_id) REFERENCES memberships(org_id, user_id) ON DELETE CASCADE,
  CONSTRAINT app_connections_pkey PRIMARY KEY (id)
);

CREATE TABLE app_records (
  kind text NOT NULL,
  id_hash text NOT NULL,
  connection_id uuid,
  grant_id text,
  payload json NOT NULL,
  consumed_at timestamp with time zone,
  expires_at timestamp with time zone NOT NULL,
  CONSTRAINT app_records_connection_id_fkey FOREIGN KEY (connection_id) REFERENCES app_connections(id) ON DELETE CASCADE,
  CONSTRAINT app_records_pkey PRIMARY KEY (kind, id_hash)
);

CREATE TABLE attempts (
  run_id uuid NOT NULL,
  idx integer NOT NULL,
  epoch integer NOT NULL,
  org_id uuid NOT NULL,
  attempt integer NOT NULL,
  agent_id uuid,
  ended text NOT NULL,
  ready_at timestamp with time zone,
  started_at timestamp with time zone,
  finished_at timestamp with time zone NOT NULL,
  error json,
  routing json,
  CONSTRAINT attempts_pkey PRIMARY KEY (run_id, idx, epoch)
) PARTITION BY RANGE (run_id);

CREATE TABLE audit_checkpoints (
  org_id uuid NOT NULL,
  seq bigint NOT NULL,
  hash bytea NOT NULL,
  at timestamp with time zone NOT NULL,
  key_id text NOT NULL,
  signature bytea NOT NULL,
  CONSTRAINT audit_checkpoints_org_id_fkey FOREIGN KEY (org_id) REFERENCES orgs(id),
  CONSTRAINT audit_checkpoints_pkey PRIMARY KEY (org_id, seq)
);

CREATE TABLE audit_entries (
  org_id uuid NOT NULL,
  seq bigint NOT NULL,
  at timestamp with time zone NOT NULL,
  actor_id text NOT NULL,
  action text NOT NULL,
  target text,
  request_id text,
  body text NOT NULL,
  hash bytea NOT NULL,
  CONSTRAINT audit_entries_org_id_fkey FOREIGN KEY (org_id) REFERENCES orgs(id),
  CONSTRAINT audit_entries_pkey PRIMARY KEY (org_id, seq)
);

CREATE TABLE audit_heads (
  org_id uuid NOT NULL,
  seq bigint NOT NULL,
  hash bytea NOT NULL,
  at timestamp with time zone NOT NULL,
  CONSTRAINT audit_heads_org_id_fkey FOREIGN KEY (org_id) REFERENCES orgs(id),
  CONSTRAINT audit_heads_pkey PRIMARY KEY (org_id)
);

CREATE TABLE bulk_items (
  bulk_id uuid NOT NULL,
  "position" integer NOT NULL,
  org_id uuid NOT NULL,
  run_id uuid NOT NULL,
  plan json,
  result text,
  made uuid,
  code text,
  message text,
  CONSTRAINT bulk_items_bulk_id_fkey FOREIGN KEY (bulk_id) REFERENCES bulks(id) ON DELETE CASCADE,
  CONSTRAINT bulk_items_pkey PRIMARY KEY (bulk_id, "position"),
  CONSTRAINT bulk_items_result_check CHECK ((result = ANY (ARRAY['succeeded'::text, 'skipped'::text, 'failed'::text])))
);

CREATE TABLE bulks (
  id uuid NOT NULL,
  org_id uuid NOT NULL,
  action text NOT NULL,
  request json NOT NULL,
  actor json NOT NULL,
  status text NOT NULL,
  total integer NOT NULL,
  succeeded integer DEFAULT 0 NOT NULL,
  skipped integer DEFAULT 0 NOT NULL,
  failed integer DEFAULT 0 NOT NULL,
  leased_until timestamp with time zone,
  turn integer DEFAULT 0 NOT NULL,
  created_at timestamp with time zone DEFAULT now() NOT NULL,
  finished_at timestamp with time zone,
  stopped_because text,
  CONSTRAINT bulks_action_check CHECK ((action = ANY (ARRAY['cancel'::text, 'retry'::text, 'replay'::text, 'pause'::text, 'resume'::text]))),
  CONSTRAINT bulks_org_id_fkey FOREIGN KEY (org_id) REFERENCES orgs(id),
  CONSTRAINT bulks_pkey PRIMARY KEY (id),
  CONSTRAINT bulks_status_check CHECK ((status = ANY (ARRAY['open'::text, 'done'::text, 'aborted'::text])))
);

CREATE TABLE concurrency_slots (
  org_id uuid NOT NULL,
  key text NOT NULL,
  used integer NOT NULL,
  CONSTRAINT concurrency_slots_pkey PRIMARY KEY (org_id, key),
  CONSTRAINT concurrency_slots_used_check CHECK ((used >= 0))
);

CREATE TABLE dead_letters (
  id uuid DEFAULT gen_random_uuid() NOT NULL,
  org_id uuid,
  queue text NOT NULL,
  reason text NOT NULL,
  body text NOT NULL,
  run_id uuid,
  task_idx integer,
  created_at timestamp with time zone DEFAULT now() NOT NULL,
  closed_at timestamp with time zone,
  closed_how text,
  CONSTRAINT dead_letters_pkey PRIMARY KEY (id)
);

CREATE TABLE drafts (
  pipeline_id uuid NOT NULL,
  org_id uuid NOT NULL,
  revision integer NOT NULL,
  document json NOT NULL,
  updated_at timestamp with time zone DEFAULT now() NOT NULL,
  CONSTRAINT drafts_org_id_fkey FOREIGN KEY (org_id) REFERENCES orgs(id),
  CONSTRAINT drafts_pipeline_id_fkey FOREIGN KEY (pipeline_id) REFERENCES pipelines(id) ON DELETE CASCADE,
  CONSTRAINT drafts_pkey PRIMARY KEY (pipeline_id)
);

CREATE TABLE error_groups (
  org_id uuid NOT NULL,
  id text NOT NULL,
  class text NOT NULL,
  code text NOT NULL,
  message text NOT NULL,
  capability text,
  first_seen timestamp with time zone NOT NULL,
  last_seen timestamp with time zone NOT NULL,
  status text DEFAULT 'open'::text NOT NULL,
  decided_at timestamp with time zone,
  decided_by text,
  note text DEFAULT ''::text NOT NULL,
  CONSTRAINT error_groups_org_id_fkey FOREIGN KEY (org_id) REFERENCES orgs(id),
  CONSTRAINT error_groups_pkey PRIMARY KEY (org_id, id),
  CONSTRAINT error_groups_status_check CHECK ((status = ANY (ARRAY['open'::text, 'resolved'::text, 'ignored'::text])))
);

CREATE TABLE guarding_settings (
  roles text NOT NULL,
  settings json NOT NULL,
  noted_at timestamp with time zone DEFAULT now() NOT NULL,
  CONSTRAINT guarding_settings_pkey PRIMARY KEY (roles)
);

CREATE TABLE idempotency_keys (
  org_id uuid NOT NULL,
  key text NOT NULL,
  request_hash text NOT NULL,
  run_id uuid,
  created_at timestamp with time zone DEFAULT now() NOT NULL,
  subject text,
  CONSTRAINT idempotency_keys_key_check CHECK (((length(key) >= 1) AND (length(key) <= 255))),
  CONSTRAINT idempotency_keys_made CHECK (((run_id IS NULL) OR (subject IS NULL))),
  CONSTRAINT idempotency_keys_pkey PRIMARY KEY (org_id, key)
);

CREATE TABLE inbox (
  message_id text NOT NULL,
  at timestamp with time zone DEFAULT now() NOT NULL,
  CONSTRAINT inbox_pkey PRIMARY KEY (message_id)
);

CREATE TABLE late_answers (
  id bigint GENERATED ALWAYS AS IDENTITY NOT NULL,
  org_id uuid NOT NULL,
  run_id uuid NOT NULL,
  idx integer NOT NULL,
  epoch integer NOT NULL,
  agent_id uuid,
  reason text NOT NULL,
  answer json NOT NULL,
  at timestamp with time zone DEFAULT now() NOT NULL,
  CONSTRAINT late_answers_pkey PRIMARY KEY (id)
);

CREATE TABLE linked_identities (
  issuer text NOT NULL,
  subject text NOT NULL,
  user_id uuid NOT NULL,
  linked_at timestamp with time zone DEFAULT now() NOT NULL,
  CONSTRAINT linked_identities_pkey PRIMARY KEY (issuer, subject),
  CONSTRAINT linked_identities_user_id_fkey FOREIGN KEY (user_id) REFERENCES users(id) ON DELETE CASCADE
);

CREATE TABLE mcp_approvals (
  id uuid NOT NULL,
  org_id uuid NOT NULL,
  connection_id uuid NOT NULL,
  tool text NOT NULL,
  arguments json NOT NULL,
  call_hash text NOT NULL,
  caller json NOT NULL,
  run_id uuid,
  task_index integer,
  state text DEFAULT 'asked'::text NOT NULL,
  decided_by text,
  reason text,
  decided_at timestamp with time zone,
  expires_at timestamp with time zone NOT NULL,
  created_at timestamp with time zone DEFAULT now() NOT NULL,
  CONSTRAINT mcp_approvals_connection_id_fkey FOREIGN KEY (connection_id) REFERENCES mcp_connections(id) ON DELETE CASCADE,
  CONSTRAINT mcp_approvals_org_id_fkey FOREIGN KEY (org_id) REFERENCES orgs(id),
  CONSTRAINT mcp_approvals_pkey PRIMARY KEY (id),
  CONSTRAINT mcp_approvals_state_check CHECK ((state = ANY (ARRAY['asked'::text, 'granted'::text, 'refused'::text, 'used'::text])))
);

CREATE TABLE mcp_calls (
  id uuid NOT NULL,
  org_id uuid NOT NULL,
  connection_id uuid NOT NULL,
  tool text NOT NULL,
  door text NOT NULL,
  caller_kind text NOT NULL,
  caller_id text NOT NULL,
  caller_name text NOT NULL,
  run_id uuid,
  outcome text NOT NULL,
  problem text,
  ms integer NOT NULL,
  sent_bytes integer NOT NULL,
  got_bytes integer NOT NULL,
  at timestamp with time zone NOT NULL,
  CONSTRAINT mcp_calls_door_check CHECK ((door = ANY (ARRAY['gateway'::text, 'server'::text, 'api'::text, 'pipeline'::text]))),
  CONSTRAINT mcp_calls_org_id_fkey FOREIGN KEY (org_id) REFERENCES orgs(id),
  CONSTRAINT mcp_calls_pkey PRIMARY KEY (id)
);

CREATE TABLE mcp_connections (
  id uuid NOT NULL,
  org_id uuid NOT NULL,
  slug text NOT NULL,
  name text NOT NULL,
  kind text NOT NULL,
  catalogue text,
  url text,
  command text,
  args text[] DEFAULT '{}'::text[] NOT NULL,
  sealed_names text[] DEFAULT '{}'::text[] NOT NULL,
  owner_id uuid,
  enabled boolean DEFAULT true NOT NULL,
  calls_per_minute integer DEFAULT 600 NOT NULL,
  max_concurrent integer DEFAULT 16 NOT NULL,
  timeout_ms integer DEFAULT 60000 NOT NULL,
  max_result_bytes integer DEFAULT 1048576 NOT NULL,
  version integer DEFAULT 1 NOT NULL,
  created_at timestamp with time zone DEFAULT now() NOT NULL,
  updated_at timestamp with time zone DEFAULT now() NOT NULL,
  sign_in json,
  secret_names text[] DEFAULT '{}'::text[] NOT NULL,
  CONSTRAINT mcp_connections_calls_per_minute_check CHECK (((calls_per_minute >= 1) AND (calls_per_minute <= 1000000))),
  CONSTRAINT mcp_connections_check CHECK (((kind = 'http'::text) = (url IS NOT NULL))),
  CONSTRAINT mcp_connections_check1 CHECK (((kind = 'stdio'::text) = (command IS NOT NULL))),
  CONSTRAINT mcp_connections_check2 CHECK (((sign_in IS NULL) OR (kind = 'http'::text))),
  CONSTRAINT mcp_connections_kind_check CHECK ((kind = ANY (ARRAY['http'::text, 'stdio'::text]))),
  CONSTRAINT mcp_connections_max_concurrent_check CHECK (((max_concurrent >= 1) AND (max_concurrent <= 1000))),
  CONSTRAINT mcp_connections_max_result_bytes_check CHECK (((max_result_bytes >= 1024) AND (max_result_bytes <= 67108864))),
  CONSTRAINT mcp_connections_name_check CHECK (((length(name) >= 1) AND (length(name) <= 200))),
  CONSTRAINT mcp_connections_org_id_fkey FOREIGN KEY (org_id) REFERENCES orgs(id),
  CONSTRAINT mcp_connections_org_id_slug_key UNIQUE (org_id, slug),
  CONSTRAINT mcp_connections_pkey PRIMARY KEY (id),
  CONSTRAINT mcp_connections_slug_check CHECK ((slug ~ '^[a-z][a-z0-9-]{0,31}$'::text)),
  CONSTRAINT mcp_connections_timeout_ms_check CHECK (((timeout_ms >= 100) AND (timeout_ms <= 3600000))),
  CONSTRAINT mcp_connections_url_check CHECK (((length(url) >= 1) AND (length(url) <= 2048)))
);

CREATE TABLE mcp_health (
  connection_id uuid NOT NULL,
  org_id uuid NOT NULL,
  ok boolean NOT NULL,
  generation text,
  server_name text,
  server_version text,
  latency_ms integer,
  problem text,
  at timestamp with time zone DEFAULT now() NOT NULL,
  ok_at timestamp with time zone,
  CONSTRAINT mcp_health_connection_id_fkey FOREIGN KEY (connection_id) REFERENCES mcp_connections(id) ON DELETE CASCADE,
  CONSTRAINT mcp_health_generation_check CHECK ((generation = ANY (ARRAY['2025'::text, '2026'::text]))),
  CONSTRAINT mcp_health_org_id_fkey FOREIGN KEY (org_id) REFERENCES orgs(id),
  CONSTRAINT mcp_health_pkey PRIMARY KEY (connection_id)
);

CREATE TABLE mcp_questions (
  id uuid NOT NULL,
  org_id uuid NOT NULL,
  connection_id uuid NOT NULL,
  tool text NOT NULL,
  definition_hash text NOT NULL,
  sender text NOT NULL,
  run_id uuid NOT NULL,
  task_index integer NOT NULL,
  epoch integer NOT NULL,
  call_hash text NOT NULL,
  repeatable boolean NOT NULL,
  carried_name text,
  parts json NOT NULL,
  state text DEFAULT 'asked'::text NOT NULL,
  answers json,
  actions json,
  decided_by text,
  decided_at timestamp with time zone,
  expires_at timestamp with time zone NOT NULL,
  created_at timestamp with time zone DEFAULT now() NOT NULL,
  CONSTRAINT mcp_questions_connection_id_fkey FOREIGN KEY (connection_id) REFERENCES mcp_connections(id) ON DELETE CASCADE,
  CONSTRAINT mcp_questions_org_id_fkey FOREIGN KEY (org_id) REFERENCES orgs(id),
  CONSTRAINT mcp_questions_pkey PRIMARY KEY (id),
  CONSTRAINT mcp_questions_state_check CHECK ((state = ANY (ARRAY['asked'::text, 'answered'::text, 'used'::text, 'expired'::text, 'lost'::text, 'dropped'::text])))
);

CREATE TABLE mcp_rules (
  id uuid NOT NULL,
  org_id uuid NOT NULL,
  effect text NOT NULL,
  subject_kind text NOT NULL,
  subject text,
  connection_id uuid,
  tool text,
  created_at timestamp with time zone DEFAULT now() NOT NULL,
  server_id uuid,
  CONSTRAINT mcp_rules_check CHECK (((subject_kind = 'everybody'::text) = (subject IS NULL))),
  CONSTRAINT mcp_rules_connection_id_fkey FOREIGN KEY (connection_id) REFERENCES mcp_connections(id) ON DELETE CASCADE,
  CONSTRAINT mcp_rules_effect_check CHECK ((effect = ANY (ARRAY['allow'::text, 'ask'::text, 'deny'::text]))),
  CONSTRAINT mcp_rules_org_id_fkey FOREIGN KEY (org_id) REFERENCES orgs(id),
  CONSTRAINT mcp_rules_pkey PRIMARY KEY (id),
  CONSTRAINT mcp_rules_server_id_fkey FOREIGN KEY (server_id) REFERENCES mcp_servers(id) ON DELETE CASCADE,
  CONSTRAINT mcp_rules_subject_kind_check CHECK ((subject_kind = ANY (ARRAY['everybody'::text, 'role'::text, 'caller'::text, 'agent'::text, 'pipeline'::text]))),
  CONSTRAINT mcp_rules_tool_check CHECK (((length(tool) >= 1) AND (length(tool) <= 128)))
);

CREATE TABLE mcp_servers (
  id uuid NOT NULL,
  org_id uuid NOT NULL,
  slug text NOT NULL,
  name text NOT NULL,
  description text DEFAULT ''::text NOT NULL,
  tools json NOT NULL,
  enabled boolean DEFAULT true NOT NULL,
  created_at timestamp with time zone DEFAULT now() NOT NULL,
  updated_at timestamp with time zone DEFAULT now() NOT NULL,
  CONSTRAINT mcp_servers_description_check CHECK ((length(description) <= 4000)),
  CONSTRAINT mcp_servers_name_check CHECK (((length(name) >= 1) AND (length(name) <= 200))),
  CONSTRAINT mcp_servers_org_id_fkey FOREIGN KEY (org_id) REFERENCES orgs(id),
  CONSTRAINT mcp_servers_org_id_slug_key UNIQUE (org_id, slug),
  CONSTRAINT mcp_servers_pkey PRIMARY KEY (id),
  CONSTRAINT mcp_servers_slug_check CHECK ((slug ~ '^[a-z][a-z0-9-]{0,31}$'::text))
);

CREATE TABLE mcp_sessions (
  token_hash text NOT NULL,
  org_id uuid NOT NULL,
  actor text NOT NULL,
  hello json NOT NULL,
  subscriptions text[] DEFAULT '{}'::text[] NOT NULL,
  created_at timestamp with time zone DEFAULT now() NOT NULL,
  used_at timestamp with time zone DEFAULT now() NOT NULL,
  log_level text,
  path text,
  CONSTRAINT mcp_sessions_org_id_fkey FOREIGN KEY (org_id) REFERENCES orgs(id) ON DELETE CASCADE,
  CONSTRAINT mcp_sessions_pkey PRIMARY KEY (token_hash)
);

CREATE TABLE mcp_sign_ins (
  connection_id uuid NOT NULL,
  org_id uuid NOT NULL,
  holder_id uuid NOT NULL,
  user_id uuid,
  state text NOT NULL,
  issuer text NOT NULL,
  scope text,
  wanted_scope text,
  can_renew boolean NOT NULL,
  expires_at timestamp with time zone,
  problem text,
  renewing_until timestamp with time zone,
  changed_at timestamp with time zone DEFAULT now() NOT NULL,
  CONSTRAINT mcp_sign_ins_connection_id_fkey FOREIGN KEY (connection_id) REFERENCES mcp_connections(id) ON DELETE CASCADE,
  CONSTRAINT mcp_sign_ins_org_id_fkey FOREIGN KEY (org_id) REFERENCES orgs(id),
  CONSTRAINT mcp_sign_ins_org_id_user_id_fkey FOREIGN KEY (org_id, user_id) REFERENCES memberships(org_id, user_id) ON DELETE CASCADE,
  CONSTRAINT mcp_sign_ins_pkey PRIMARY KEY (connection_id, holder_id),
  CONSTRAINT mcp_sign_ins_state_check CHECK ((state = ANY (ARRAY['signed-in'::text, 'needed'::text])))
);

CREATE TABLE mcp_tools (
  connection_id uuid NOT NULL,
  org_id uuid NOT NULL,
  name text NOT NULL,
  pinned json,
  pinned_hash text,
  offered json,
  offered_hash text,
  blocked boolean DEFAULT false NOT NULL,
  approved_by text,
  approved_at timestamp with time zone,
  changed_at timestamp with time zone DEFAULT now() NOT NULL,
  CONSTRAINT mcp_tools_connection_id_fkey FOREIGN KEY (connection_id) REFERENCES mcp_connections(id) ON DELETE CASCADE,
  CONSTRAINT mcp_tools_org_id_fkey FOREIGN KEY (org_id) REFERENCES orgs(id),
  CONSTRAINT mcp_tools_pkey PRIMARY KEY (connection_id, name)
);

CREATE TABLE mcp_usage (
  org_id uuid NOT NULL,
  connection_id uuid NOT NULL,
  tool text NOT NULL,
  day date NOT NULL,
  calls bigint NOT NULL,
  tool_errors bigint NOT NULL,
  faults bigint NOT NULL,
  refusals bigint NOT NULL,
  total_ms bigint NOT NULL,
  max_ms integer NOT NULL,
  got_bytes bigint NOT NULL,
  last_at timestamp with time zone NOT NULL,
  CONSTRAINT mcp_usage_org_id_fkey FOREIGN KEY (org_id) REFERENCES orgs(id),
  CONSTRAINT mcp_usage_pkey PRIMARY KEY (org_id, connection_id, tool, day)
);

CREATE TABLE memberships (
  org_id uuid NOT NULL,
  user_id uuid NOT NULL,
  role text NOT NULL,
  created_at timestamp with time zone DEFAULT now() NOT NULL,
  updated_at timestamp with time zone DEFAULT now() NOT NULL,
  used_at timestamp with time zone DEFAULT now() NOT NULL,
  CONSTRAINT memberships_org_id_fkey FOREIGN KEY (org_id) REFERENCES orgs(id) ON DELETE CASCADE,
  CONSTRAINT memberships_pkey PRIMARY KEY (org_id, user_id),
  CONSTRAINT memberships_role_check CHECK ((role = ANY (ARRAY['owner'::text, 'admin'::text, 'designer'::text, 'operator'::text, 'viewer'::text, 'auditor'::text]))),
  CONSTRAINT memberships_user_id_fkey FOREIGN KEY (user_id) REFERENCES users(id) ON DELETE CASCADE
);

CREATE TABLE notification_deliveries (
  id uuid NOT NULL,
  org_id uuid NOT NULL,
  target_id uuid,
  kind text NOT NULL,
  address text NOT NULL,
  event text NOT NULL,
  event_key text NOT NULL,
  listener text NOT NULL,
  run_id uuid,
  body json NOT NULL,
  state text DEFAULT 'waiting'::text NOT NULL,
  attempts integer DEFAULT 0 NOT NULL,
  tries_left integer NOT NULL,
  next_at timestamp with time zone DEFAULT now(),
  last_at timestamp with time zone,
  last_status integer,
  last_error text,
  last_ms integer,
  created_at timestamp with time zone DEFAULT now() NOT NULL,
  delivered_at timestamp with time zone,
  asked_by json,
  CONSTRAINT notification_deliveries_kind_check CHECK ((kind = ANY (ARRAY['webhook'::text, 'email'::text]))),
  CONSTRAINT notification_deliveries_org_id_event_key_listener_key UNIQUE (org_id, event_key, listener),
  CONSTRAINT notification_deliveries_org_id_fkey FOREIGN KEY (org_id) REFERENCES orgs(id),
  CONSTRAINT notification_deliveries_pkey PRIMARY KEY (id),
  CONSTRAINT notification_deliveries_state_check CHECK ((state = ANY (ARRAY['waiting'::text, 'delivered'::text, 'given-up'::text])))
);

CREATE TABLE notification_outbox (
  id bigint GENERATED ALWAYS AS IDENTITY NOT NULL,
  org_id uuid NOT NULL,
  run_id uuid NOT NULL,
  CONSTRAINT notification_outbox_pkey PRIMARY KEY (id)
);

CREATE TABLE notification_signing (
  org_id uuid NOT NULL,
  scope text NOT NULL,
  number integer NOT NULL,
  previous_until timestamp with time zone,
  CONSTRAINT notification_signing_org_id_fkey FOREIGN KEY (org_id) REFERENCES orgs(id),
  CONSTRAINT notification_signing_pkey PRIMARY KEY (org_id, scope)
);

CREATE TABLE notification_targets (
  id uuid NOT NULL,
  org_id uuid NOT NULL,
  name text NOT NULL,
  kind text NOT NULL,
  address text NOT NULL,
  events text[] NOT NULL,
  pipeline_id uuid,
  active boolean DEFAULT true NOT NULL,
  off_reason text,
  created_at timestamp with time zone DEFAULT now() NOT NULL,
  updated_at timestamp with time zone DEFAULT now() NOT NULL,
  CONSTRAINT notification_targets_address_check CHECK (((length(address) >= 1) AND (length(address) <= 2048))),
  CONSTRAINT notification_targets_events_check CHECK ((cardinality(events) > 0)),
  CONSTRAINT notification_targets_kind_check CHECK ((kind = ANY (ARRAY['webhook'::text, 'email'::text]))),
  CONSTRAINT notification_targets_name_check CHECK (((length(name) >= 1) AND (length(name) <= 200))),
  CONSTRAINT notification_targets_org_id_fkey FOREIGN KEY (org_id) REFERENCES orgs(id),
  CONSTRAINT notification_targets_pkey PRIMARY KEY (id)
);

CREATE TABLE orgs (
  id uuid NOT NULL,
  name text NOT NULL,
  created_at timestamp with time zone DEFAULT now() NOT NULL,
  closed_at timestamp with time zone,
  CONSTRAINT orgs_name CHECK (((length(name) >= 1) AND (length(name) <= 200))),
  CONSTRAINT orgs_pkey PRIMARY KEY (id)
);

CREATE TABLE outbox (
  id bigint GENERATED ALWAYS AS IDENTITY NOT NULL,
  queue text NOT NULL,
  priority smallint NOT NULL,
  body text NOT NULL,
  created_at timestamp with time zone DEFAULT now() NOT NULL,
  CONSTRAINT outbox_pkey PRIMARY KEY (id)
);

CREATE TABLE passkey_challenges (
  challenge_hash text NOT NULL,
  session_id uuid,
  expires_at timestamp with time zone NOT NULL,
  CONSTRAINT passkey_challenges_pkey PRIMARY KEY (challenge_hash),
  CONSTRAINT passkey_challenges_session_id_fkey FOREIGN KEY (session_id) REFERENCES sessions(id) ON DELETE CASCADE
);

CREATE TABLE passkeys (
  id uuid NOT NULL,
  user_id uuid NOT NULL,
  credential_id text NOT NULL,
  public_key text NOT NULL,
  counter bigint NOT NULL,
  host text NOT NULL,
  transports json NOT NULL,
  name text NOT NULL,
  created_at timestamp with time zone DEFAULT now() NOT NULL,
  last_used_at timestamp with time zone,
  CONSTRAINT passkeys_counter_check CHECK ((counter >= 0)),
  CONSTRAINT passkeys_credential_id_check CHECK (((length(credential_id) >= 1) AND (length(credential_id) <= 1364))),
  CONSTRAINT passkeys_credential_id_key UNIQUE (credential_id),
  CONSTRAINT passkeys_name_check CHECK (((length(name) >= 1) AND (length(name) <= 200))),
  CONSTRAINT passkeys_pkey PRIMARY KEY (id),
  CONSTRAINT passkeys_user_id_fkey FOREIGN KEY (user_id) REFERENCES users(id) ON DELETE CASCADE
);

CREATE TABLE pipeline_grants (
  org_id uuid NOT NULL,
  pipeline_id uuid NOT NULL,
  user_id uuid NOT NULL,
  created_at timestamp with time zone DEFAULT now() NOT NULL,
  CONSTRAINT pipeline_grants_org_id_user_id_fkey FOREIGN KEY (org_id, user_id) REFERENCES memberships(org_id, user_id) ON DELETE CASCADE,
  CONSTRAINT pipeline_grants_pipeline_id_fkey FOREIGN KEY (pipeline_id) REFERENCES pipelines(id) ON DELETE CASCADE,
  CONSTRAINT pipeline_grants_pkey PRIMARY KEY (pipeline_id, user_id)
);

CREATE TABLE pipeline_stars (
  org_id uuid NOT NULL,
  actor_id text NOT NULL,
  pipeline_id uuid NOT NULL,
  created_at timestamp with time zone DEFAULT now() NOT NULL,
  CONSTRAINT pipeline_stars_org_id_fkey FOREIGN KEY (org_id) REFERENCES orgs(id),
  CONSTRAINT pipeline_stars_pipeline_id_fkey FOREIGN KEY (pipeline_id) REFERENCES pipelines(id) ON DELETE CASCADE,
  CONSTRAINT pipeline_stars_pkey PRIMARY KEY (org_id, actor_id, pipeline_id)
);

CREATE TABLE pipelines (
  id uuid NOT NULL,
  org_id uuid NOT NULL,
  name text NOT NULL,
  description text DEFAULT ''::text NOT NULL,
  tags text[] DEFAULT '{}'::text[] NOT NULL,
  archived_at timestamp with time zone,
  created_at timestamp with time zone DEFAULT now() NOT NULL,
  updated_at timestamp with time zone DEFAULT now() NOT NULL,
  tool_name text,
  made_by uuid,
  CONSTRAINT pipelines_made_by_fkey FOREIGN KEY (made_by) REFERENCES users(id) ON DELETE SET NULL,
  CONSTRAINT pipelines_name_check CHECK (((length(name) >= 1) AND (length(name) <= 200))),
  CONSTRAINT pipelines_org_id_fkey FOREIGN KEY (org_id) REFERENCES orgs(id),
  CONSTRAINT pipelines_pkey PRIMARY KEY (id),
  CONSTRAINT pipelines_tool_name_check CHECK ((tool_name ~ '^[a-z][a-z0-9_]{0,55}$'::text))
);

CREATE TABLE run_events (
  run_id uuid NOT NULL,
  seq_from integer NOT NULL,
  seq_to integer NOT NULL,
  org_id uuid NOT NULL,
  at timestamp with time zone NOT NULL,
  entries json NOT NULL,
  xid bigint DEFAULT ((pg_current_xact_id())::text)::bigint NOT NULL,
  CONSTRAINT run_events_pkey PRIMARY KEY (run_id, seq_from)
) PARTITION BY RANGE (run_id);

CREATE TABLE run_labels (
  org_id uuid NOT NULL,
  label text NOT NULL,
  run_id uuid NOT NULL,
  CONSTRAINT run_labels_pkey PRIMARY KEY (org_id, label, run_id)
) PARTITION BY RANGE (run_id);

CREATE TABLE run_objects (
  run_id uuid NOT NULL,
  hash text NOT NULL,
  org_id uuid NOT NULL,
  bytes bigint NOT NULL,
  content_type text NOT NULL,
  CONSTRAINT run_objects_pkey PRIMARY KEY (run_id, hash)
) PARTITION BY RANGE (run_id);

CREATE TABLE run_rollups (
  org_id uuid NOT NULL,
  level smallint NOT NULL,
  at timestamp with time zone NOT NULL,
  pipeline_id uuid,
  version_id uuid NOT NULL,
  agent_id uuid,
  tag text NOT NULL,
  error_group text NOT NULL,
  succeeded integer NOT NULL,
  failed integer NOT NULL,
  cancelled integer NOT NULL,
  durations smallint[] NOT NULL,
  durations_n integer[] NOT NULL
);

CREATE TABLE run_totals (
  org_id uuid NOT NULL,
  level smallint NOT NULL,
  at timestamp with time zone NOT NULL,
  succeeded integer NOT NULL,
  failed integer NOT NULL,
  cancelled integer NOT NULL,
  durations smallint[] NOT NULL,
  durations_n integer[] NOT NULL,
  CONSTRAINT run_totals_pkey PRIMARY KEY (org_id, level, at)
);

CREATE TABLE runs (
  id uuid NOT NULL,
  org_id uuid NOT NULL,
  pipeline_id uuid,
  version_id uuid NOT NULL,
  status run_status NOT NULL,
  seq integer NOT NULL,
  revision integer NOT NULL,
  wake_at timestamp with time zone,
  deadline_at timestamp with time zone,
  force_at timestamp with time zone,
  failing json,
  error json,
  input json NOT NULL,
  parameters json NOT NULL,
  metadata json NOT NULL,
  notification json,
  trigger text NOT NULL,
  replay_of uuid,
  replay_from text,
  tasks_total integer NOT NULL,
  tasks_left integer NOT NULL,
  created_at timestamp with time zone NOT NULL,
  finished_at timestamp with time zone,
  updated_at timestamp with time zone NOT NULL,
  error_group text,
  labels text[],
  CONSTRAINT runs_pkey PRIMARY KEY (id)
) PARTITION BY RANGE (id);

CREATE TABLE samples (
  org_id uuid NOT NULL,
  kind text NOT NULL,
  id uuid NOT NULL,
  scenario text NOT NULL,
  made_at timestamp with time zone DEFAULT now() NOT NULL,
  CONSTRAINT samples_kind_check CHECK ((kind = ANY (ARRAY['pipeline'::text, 'agent'::text, 'mcp-connection'::text]))),
  CONSTRAINT samples_org_id_fkey FOREIGN KEY (org_id) REFERENCES orgs(id),
  CONSTRAINT samples_pkey PRIMARY KEY (org_id, kind, id),
  CONSTRAINT samples_scenario_check CHECK ((length(scenario) <= 64))
);

CREATE TABLE saved_views (
  org_id uuid NOT NULL,
  actor_id text NOT NULL,
  place text NOT NULL,
  name text NOT NULL,
  query text NOT NULL,
  created_at timestamp with time zone DEFAULT now() NOT NULL,
  shared boolean DEFAULT false NOT NULL,
  made_by uuid,
  CONSTRAINT saved_views_made_by_fkey FOREIGN KEY (made_by) REFERENCES users(id) ON DELETE SET NULL,
  CONSTRAINT saved_views_name_check CHECK (((length(name) >= 1) AND (length(name) <= 64))),
  CONSTRAINT saved_views_org_id_fkey FOREIGN KEY (org_id) REFERENCES orgs(id),
  CONSTRAINT saved_views_pkey PRIMARY KEY (org_id, actor_id, place, name),
  CONSTRAINT saved_views_place_check CHECK ((length(place) <= 64)),
  CONSTRAINT saved_views_query_check CHECK ((length(query) <= 4096))
);

CREATE TABLE schema_migrations (
  name text NOT NULL,
  hash text NOT NULL,
  applied_at timestamp with time zone DEFAULT now() NOT NULL,
  CONSTRAINT schema_migrations_pkey PRIMARY KEY (name)
);

CREATE TABLE secrets (
  org_id uuid NOT NULL,
  name text NOT NULL,
  version integer NOT NULL,
  key_id text NOT NULL,
  wrapped_key bytea NOT NULL,
  sealed bytea NOT NULL,
  created_at timestamp with time zone DEFAULT now() NOT NULL,
  updated_at timestamp with time zone DEFAULT now() NOT NULL,
  CONSTRAINT secrets_name_check CHECK ((name ~ '^[A-Za-z0-9][A-Za-z0-9_./-]{0,127}$'::text)),
  CONSTRAINT secrets_org_id_fkey FOREIGN KEY (org_id) REFERENCES orgs(id),
  CONSTRAINT secrets_pkey PRIMARY KEY (org_id, name)
);

CREATE TABLE server_keys (
  name text NOT NULL,
  value text NOT NULL,
  CONSTRAINT server_keys_pkey PRIMARY KEY (name)
);

CREATE TABLE sessions (
  id uuid NOT NULL,
  token_hash text NOT NULL,
  user_id uuid NOT NULL,
  org_id uuid NOT NULL,
  how text NOT NULL,
  address text,
  user_agent text,
  created_at timestamp with time zone DEFAULT now() NOT NULL,
  last_seen_at timestamp with time zone DEFAULT now() NOT NULL,
  expires_at timestamp with time zone NOT NULL,
  passkey_id uuid,
  CONSTRAINT sessions_member FOREIGN KEY (org_id, user_id) REFERENCES memberships(org_id, user_id) ON DELETE CASCADE,
  CONSTRAINT sessions_org_id_fkey FOREIGN KEY (org_id) REFERENCES orgs(id) ON DELETE CASCADE,
  CONSTRAINT sessions_pkey PRIMARY KEY (id),
  CONSTRAINT sessions_token_hash_key UNIQUE (token_hash),
  CONSTRAINT sessions_user_id_fkey FOREIGN KEY (user_id) REFERENCES users(id) ON DELETE CASCADE
);

CREATE TABLE sign_in_flows (
  state_hash text NOT NULL,
  browser_hash text NOT NULL,
  provider text NOT NULL,
  nonce text NOT NULL,
  code_verifier text NOT NULL,
  redirect_uri text NOT NULL,
  next text NOT NULL,
  link_hash text,
  user_id uuid,
  expires_at timestamp with time zone NOT NULL,
  CONSTRAINT sign_in_flows_pkey PRIMARY KEY (state_hash),
  CONSTRAINT sign_in_flows_user_id_fkey FOREIGN KEY (user_id) REFERENCES users(id) ON DELETE CASCADE
);

CREATE TABLE sign_in_links (
  id uuid NOT NULL,
  token_hash text NOT NULL,
  kind text NOT NULL,
  org_id uuid NOT NULL,
  role text NOT NULL,
  label text DEFAULT ''::text NOT NULL,
  made_by uuid,
  created_at timestamp with time zone DEFAULT now() NOT NULL,
  expires_at timestamp with time zone NOT NULL,
  CONSTRAINT sign_in_links_kind_check CHECK ((kind = ANY (ARRAY['owner'::text, 'invite'::text]))),
  CONSTRAINT sign_in_links_made_by_fkey FOREIGN KEY (made_by) REFERENCES users(id) ON DELETE CASCADE,
  CONSTRAINT sign_in_links_org_id_fkey FOREIGN KEY (org_id) REFERENCES orgs(id) ON DELETE CASCADE,
  CONSTRAINT sign_in_links_pkey PRIMARY KEY (id),
  CONSTRAINT sign_in_links_role_check CHECK ((role = ANY (ARRAY['owner'::text, 'admin'::text, 'designer'::text, 'operator'::text, 'viewer'::text, 'auditor'::text]))),
  CONSTRAINT sign_in_links_token_hash_key UNIQUE (token_hash)
);

CREATE TABLE stored_objects (
  hash text NOT NULL,
  bytes bigint NOT NULL,
  orgs uuid[] NOT NULL,
  touched_at timestamp with time zone DEFAULT now() NOT NULL,
  doomed_at timestamp with time zone,
  CONSTRAINT stored_objects_pkey PRIMARY KEY (hash)
);

CREATE TABLE task_dag_templates (
  org_id uuid NOT NULL,
  key text NOT NULL,
  name text NOT NULL,
  description text DEFAULT ''::text NOT NULL,
  document json NOT NULL,
  created_at timestamp with time zone DEFAULT now() NOT NULL,
  updated_at timestamp with time zone DEFAULT now() NOT NULL,
  CONSTRAINT task_dag_templates_org_id_fkey FOREIGN KEY (org_id) REFERENCES orgs(id),
  CONSTRAINT task_dag_templates_pkey PRIMARY KEY (org_id, key)
);

CREATE TABLE task_rollups (
  org_id uuid NOT NULL,
  level smallint NOT NULL,
  at timestamp with time zone NOT NULL,
  pipeline_id uuid,
  version_id uuid NOT NULL,
  stage_key text NOT NULL,
  capability text NOT NULL,
  agent_id uuid,
  tag text NOT NULL,
  tasks integer NOT NULL,
  succeeded integer NOT NULL,
  failed integer NOT NULL,
  cancelled integer NOT NULL,
  attempts integer NOT NULL,
  failed_attempts integer NOT NULL,
  lost_attempts integer NOT NULL,
  busy_ms bigint NOT NULL,
  critical_ms bigint NOT NULL,
  waits smallint[] NOT NULL,
  waits_n integer[] NOT NULL,
  times smallint[] NOT NULL,
  times_n integer[] NOT NULL
);

CREATE TABLE task_stage_logs (
  run_id uuid NOT NULL,
  idx integer NOT NULL,
  epoch integer NOT NULL,
  line integer NOT NULL,
  org_id uuid NOT NULL,
  at timestamp with time zone NOT NULL,
  level text NOT NULL,
  message text NOT NULL,
  fields json,
  CONSTRAINT task_stage_logs_pkey PRIMARY KEY (run_id, idx, epoch, line)
) PARTITION BY RANGE (run_id);

CREATE TABLE task_totals (
  org_id uuid NOT NULL,
  level smallint NOT NULL,
  at timestamp with time zone NOT NULL,
  tasks integer NOT NULL,
  succeeded integer NOT NULL,
  failed integer NOT NULL,
  cancelled integer NOT NULL,
  attempts integer NOT NULL,
  failed_attempts integer NOT NULL,
  lost_attempts integer NOT NULL,
  busy_ms bigint NOT NULL,
  critical_ms bigint NOT NULL,
  waits smallint[] NOT NULL,
  waits_n integer[] NOT NULL,
  times smallint[] NOT NULL,
  times_n integer[] NOT NULL,
  CONSTRAINT task_totals_pkey PRIMARY KEY (org_id, level, at)
);

CREATE TABLE tasks (
  run_id uuid NOT NULL,
  idx integer NOT NULL,
  org_id uuid NOT NULL,
  stage_key text NOT NULL,
  capability text NOT NULL,
  status task_status NOT NULL,
  epoch integer NOT NULL,
  attempt integer NOT NULL,
  losses integer NOT NULL,
  agent_id uuid,
  queue text,
  ready_at timestamp with time zone,
  started_at timestamp with time zone,
  finished_at timestamp with time zone,
  due_at timestamp with time zone,
  queue_by timestamp with time zone,
  stop_by timestamp with time zone,
  progress real NOT NULL,
  output json,
  error json,
  skip text,
  wait json,
  routing json,
  CONSTRAINT tasks_pkey PRIMARY KEY (run_id, idx)
) PARTITION BY RANGE (run_id);

CREATE TABLE users (
  id uuid NOT NULL,
  email text,
  name text NOT NULL,
  password_hash text,
  created_at timestamp with time zone DEFAULT now() NOT NULL,
  updated_at timestamp with time zone DEFAULT now() NOT NULL,
  CONSTRAINT users_email_check CHECK (((length(email) >= 3) AND (length(email) <= 254))),
  CONSTRAINT users_name_check CHECK (((length(name) >= 1) AND (length(name) <= 200))),
  CONSTRAINT users_pkey PRIMARY KEY (id)
);

CREATE TABLE versions (
  id uuid NOT NULL,
  org_id uuid NOT NULL,
  pipeline_id uuid,
  number integer NOT NULL,
  graph json NOT NULL,
  content_hash text NOT NULL,
  note text DEFAULT ''::text NOT NULL,
  created_at timestamp with time zone DEFAULT now() NOT NULL,
  capabilities text[],
  made_by uuid,
  has_marks boolean DEFAULT false NOT NULL,
  CONSTRAINT versions_made_by_fkey FOREIGN KEY (made_by) REFERENCES users(id) ON DELETE SET NULL,
  CONSTRAINT versions_org_id_fkey FOREIGN KEY (org_id) REFERENCES orgs(id),
  CONSTRAINT versions_pipeline_id_fkey FOREIGN KEY (pipeline_id) REFERENCES pipelines(id),
  CONSTRAINT versions_pkey PRIMARY KEY (id)
);

CREATE TABLE workspace_blobs (
  run_id uuid NOT NULL,
  hash text NOT NULL,
  org_id uuid NOT NULL,
  bytes integer NOT NULL,
  content bytea,
  CONSTRAINT workspace_blobs_pkey PRIMARY KEY (run_id, hash),
  CONSTRAINT workspace_blobs_run_id_fkey FOREIGN KEY (run_id) REFERENCES workspaces(run_id) ON DELETE CASCADE
);

CREATE TABLE workspace_collaborators (
  run_id uuid NOT NULL,
  holder text NOT NULL,
  org_id uuid NOT NULL,
  name text NOT NULL,
  about text,
  task_index integer,
  epoch integer,
  joined_at timestamp with time zone NOT NULL,
  seen_at timestamp with time zone NOT NULL,
  left_at timestamp with time zone,
  read_seq bigint DEFAULT 0 NOT NULL,
  CONSTRAINT workspace_collaborators_pkey PRIMARY KEY (run_id, holder),
  CONSTRAINT workspace_collaborators_run_id_fkey FOREIGN KEY (run_id) REFERENCES workspaces(run_id) ON DELETE CASCADE
);

CREATE TABLE workspace_files (
  run_id uuid NOT NULL,
  path text NOT NULL,
  org_id uuid NOT NULL,
  version integer NOT NULL,
  hash text,
  bytes integer NOT NULL,
  is_text boolean NOT NULL,
  changed_by text NOT NULL,
  changed_at timestamp with time zone NOT NULL,
  CONSTRAINT workspace_files_path_check CHECK (((octet_length(path) >= 1) AND (octet_length(path) <= 512))),
  CONSTRAINT workspace_files_pkey PRIMARY KEY (run_id, path),
  CONSTRAINT workspace_files_run_id_fkey FOREIGN KEY (run_id) REFERENCES workspaces(run_id) ON DELETE CASCADE
);

CREATE TABLE workspace_leases (
  id uuid NOT NULL,
  run_id uuid NOT NULL,
  org_id uuid NOT NULL,
  holder text NOT NULL,
  name text NOT NULL,
  patterns text[] NOT NULL,
  matchers text[] NOT NULL,
  token bigint NOT NULL,
  task_index integer,
  epoch integer,
  seq bigint NOT NULL,
  taken_at timestamp with time zone NOT NULL,
  expires_at timestamp with time zone NOT NULL,
  ended_at timestamp with time zone,
  ended_seq bigint,
  ended_by text,
  end_reason text,
  CONSTRAINT workspace_leases_pkey PRIMARY KEY (id),
  CONSTRAINT workspace_leases_run_id_fkey FOREIGN KEY (run_id) REFERENCES workspaces(run_id) ON DELETE CASCADE
);

CREATE TABLE workspace_messages (
  run_id uuid NOT NULL,
  seq bigint NOT NULL,
  org_id uuid NOT NULL,
  holder text NOT NULL,
  name text NOT NULL,
  recipient text,
  recipient_name text,
  body text NOT NULL,
  at timestamp with time zone NOT NULL,
  CONSTRAINT workspace_messages_pkey PRIMARY KEY (run_id, seq),
  CONSTRAINT workspace_messages_run_id_fkey FOREIGN KEY (run_id) REFERENCES workspaces(run_id) ON DELETE CASCADE
);

CREATE TABLE workspace_steps (
  run_id uuid NOT NULL,
  seq bigint NOT NULL,
  org_id uuid NOT NULL,
  holder text NOT NULL,
  name text NOT NULL,
  stage_key text,
  level text NOT NULL,
  message text NOT NULL,
  fields json,
  at timestamp with time zone NOT NULL,
  CONSTRAINT workspace_steps_level_check CHECK ((level = ANY (ARRAY['debug'::text, 'info'::text, 'warn'::text, 'error'::text]))),
  CONSTRAINT workspace_steps_pkey PRIMARY KEY (run_id, seq),
  CONSTRAINT workspace_steps_run_id_fkey FOREIGN KEY (run_id) REFERENCES workspaces(run_id) ON DELETE CASCADE
);

CREATE TABLE workspace_versions (
  run_id uuid NOT NULL,
  path text NOT NULL,
  version integer NOT NULL,
  org_id uuid NOT NULL,
  seq bigint NOT NULL,
  kind text NOT NULL,
  hash text,
  bytes integer NOT NULL,
  is_text boolean NOT NULL,
  edits json,
  note text,
  holder text NOT NULL,
  changed_by text NOT NULL,
  stage_key text,
  token bigint,
  at timestamp with time zone NOT NULL,
  CONSTRAINT workspace_versions_kind_check CHECK ((kind = ANY (ARRAY['write'::text, 'edit'::text, 'delete'::text, 'carried'::text]))),
  CONSTRAINT workspace_versions_pkey PRIMARY KEY (run_id, path, version),
  CONSTRAINT workspace_versions_run_id_fkey FOREIGN KEY (run_id) REFERENCES workspaces(run_id) ON DELETE CASCADE
);

CREATE TABLE workspaces (
  run_id uuid NOT NULL,
  org_id uuid NOT NULL,
  seq bigint DEFAULT 0 NOT NULL,
  token bigint DEFAULT 0 NOT NULL,
  files integer DEFAULT 0 NOT NULL,
  bytes bigint DEFAULT 0 NOT NULL,
  created_at timestamp with time zone DEFAULT now() NOT NULL,
  CONSTRAINT workspaces_org_id_fkey FOREIGN KEY (org_id) REFERENCES orgs(id),
  CONSTRAINT workspaces_pkey PRIMARY KEY (run_id)
);


CREATE INDEX agent_history_at ON public.agent_history USING btree (at);
CREATE INDEX agent_performance_minute ON public.agent_performance USING btree (org_id, minute);
CREATE INDEX agent_seats_task ON public.agent_seats USING btree (run_id, idx);
CREATE INDEX agent_tokens_org ON public.agent_tokens USING btree (org_id, id) WHERE (revoked_at IS NULL);
CREATE INDEX api_keys_maker ON public.api_keys USING btree (made_by) WHERE (made_by IS NOT NULL);
CREATE INDEX api_keys_org ON public.api_keys USING btree (org_id, id) WHERE (revoked_at IS NULL);
CREATE INDEX app_clients_idle ON public.app_clients USING btree (registered_at) WHERE (allowed_at IS NULL);
CREATE INDEX app_connections_client ON public.app_connections USING btree (client_id);
CREATE INDEX app_connections_of ON public.app_connections USING btree (org_id, user_id, id);
CREATE INDEX app_records_connection ON public.app_records USING btree (connection_id);
CREATE INDEX app_records_expiry ON public.app_records USING btree (expires_at);
CREATE INDEX app_records_grant ON public.app_records USING btree (grant_id) WHERE (grant_id IS NOT NULL);
CREATE INDEX attempts_agent ON ONLY public.attempts USING btree (agent_id, run_id, idx) WHERE (agent_id IS NOT NULL);
CREATE INDEX audit_entries_action ON public.audit_entries USING btree (org_id, action, seq);
CREATE INDEX audit_entries_actor ON public.audit_entries USING btree (org_id, actor_id, seq);
CREATE INDEX audit_entries_target ON public.audit_entries USING btree (org_id, target, seq);
CREATE INDEX bulk_items_result ON public.bulk_items USING btree (bulk_id, result, "position") WHERE (result IS NOT NULL);
CREATE INDEX bulks_open ON public.bulks USING btree (created_at) WHERE (status = 'open'::text);
CREATE INDEX bulks_org ON public.bulks USING btree (org_id, id);
CREATE INDEX dead_letters_list ON public.dead_letters USING btree (org_id, created_at, id) WHERE (closed_at IS NULL);
CREATE INDEX dead_letters_open ON public.dead_letters USING btree (created_at) WHERE (closed_at IS NULL);
CREATE INDEX dead_letters_queue ON public.dead_letters USING btree (org_id, queue, created_at, id) WHERE (closed_at IS NULL);
CREATE INDEX inbox_at ON public.inbox USING brin (at);
CREATE INDEX late_answers_run ON public.late_answers USING btree (run_id, idx);
CREATE INDEX linked_identities_user ON public.linked_identities USING btree (user_id);
CREATE INDEX mcp_approvals_call ON public.mcp_approvals USING btree (org_id, call_hash) WHERE (state <> 'used'::text);
CREATE INDEX mcp_approvals_org ON public.mcp_approvals USING btree (org_id, id);
CREATE INDEX mcp_approvals_run ON public.mcp_approvals USING btree (run_id) WHERE (run_id IS NOT NULL);
CREATE INDEX mcp_approvals_state ON public.mcp_approvals USING btree (org_id, state, id);
CREATE INDEX mcp_calls_connection ON public.mcp_calls USING btree (org_id, connection_id, id);
CREATE INDEX mcp_calls_org ON public.mcp_calls USING btree (org_id, id);
CREATE INDEX mcp_calls_outcome ON public.mcp_calls USING btree (org_id, outcome, id) WHERE (outcome <> 'answered'::text);
CREATE INDEX mcp_calls_run ON public.mcp_calls USING btree (run_id, id) WHERE (run_id IS NOT NULL);
CREATE INDEX mcp_calls_tool ON public.mcp_calls USING btree (org_id, tool, id);
CREATE INDEX mcp_connections_org ON public.mcp_connections USING btree (org_id, id);
CREATE INDEX mcp_questions_org ON public.mcp_questions USING btree (org_id, id);
CREATE INDEX mcp_questions_state ON public.mcp_questions USING btree (org_id, state, id);
CREATE INDEX mcp_questions_task ON public.mcp_questions USING btree (run_id, task_index, id);
CREATE INDEX mcp_rules_org ON public.mcp_rules USING btree (org_id, id);
CREATE INDEX mcp_sessions_actor ON public.mcp_sessions USING btree (org_id, actor, used_at);
CREATE INDEX mcp_sessions_used ON public.mcp_sessions USING btree (org_id, used_at);
CREATE INDEX mcp_sign_ins_expiry ON public.mcp_sign_ins USING btree (expires_at) WHERE ((state = 'signed-in'::text) AND can_renew);
CREATE INDEX mcp_sign_ins_org ON public.mcp_sign_ins USING btree (org_id, connection_id);
CREATE INDEX mcp_tools_org ON public.mcp_tools USING btree (org_id, connection_id);
CREATE INDEX mcp_usage_day ON public.mcp_usage USING btree (day);
CREATE INDEX memberships_user ON public.memberships USING btree (user_id);
CREATE INDEX notification_deliveries_due ON public.notification_deliveries USING btree (org_id, next_at) WHERE (state = 'waiting'::text);
CREATE INDEX notification_deliveries_org ON public.notification_deliveries USING btree (org_id, id);
CREATE INDEX notification_deliveries_run ON public.notification_deliveries USING btree (run_id, id);
CREATE INDEX notification_deliveries_state ON public.notification_deliveries USING btree (org_id, state, id);
CREATE INDEX notification_deliveries_target ON public.notification_deliveries USING btree (target_id, id);
CREATE INDEX notification_targets_active ON public.notification_targets USING btree (org_id) WHERE active;
CREATE INDEX notification_targets_org ON public.notification_targets USING btree (org_id, id);
CREATE INDEX passkey_challenges_expiry ON public.passkey_challenges USING btree (expires_at);
CREATE INDEX passkey_challenges_session ON public.passkey_challenges USING btree (session_id) WHERE (session_id IS NOT NULL);
CREATE INDEX passkeys_user ON public.passkeys USING btree (user_id);
CREATE INDEX pipeline_grants_member ON public.pipeline_grants USING btree (org_id, user_id);
CREATE INDEX pipelines_org ON public.pipelines USING btree (org_id, id);
CREATE INDEX pipelines_tags ON public.pipelines USING gin (tags);
CREATE INDEX run_events_xid ON ONLY public.run_events USING btree (xid);
CREATE INDEX run_objects_hash ON ONLY public.run_objects USING btree (hash);
CREATE INDEX run_rollups_at ON public.run_rollups USING btree (org_id, level, at);
CREATE INDEX runs_duration ON ONLY public.runs USING btree (org_id, ((finished_at - created_at)), id) WHERE (finished_at IS NOT NULL);
CREATE INDEX runs_duration_step ON ONLY public.runs USING btree (org_id, duration_step((finished_at - created_at)), uuid_send(id)) WHERE (finished_at IS NOT NULL);
CREATE INDEX runs_error_group ON ONLY public.runs USING btree (org_id, error_group, uuid_send(id)) WHERE (error_group IS NOT NULL);
CREATE INDEX runs_finished ON ONLY public.runs USING btree (org_id, finished_at, id) WHERE (finished_at IS NOT NULL);
CREATE INDEX runs_pipeline ON ONLY public.runs USING btree (org_id, pipeline_id, status, uuid_send(id));
CREATE INDEX runs_replay ON ONLY public.runs USING btree (replay_of) WHERE (replay_of IS NOT NULL);
CREATE INDEX runs_status ON ONLY public.runs USING btree (org_id, status, uuid_send(id));
CREATE INDEX runs_trigger ON ONLY public.runs USING btree (org_id, trigger, uuid_send(id)) WHERE (trigger <> 'api'::text);
CREATE INDEX runs_unwell_duration ON ONLY public.runs USING btree (org_id, status, ((finished_at - created_at)), id) WHERE ((finished_at IS NOT NULL) AND (status <> 'succeeded'::run_status));
CREATE INDEX runs_unwell_end ON ONLY public.runs USING btree (org_id, status, finished_at, id) WHERE ((finished_at IS NOT NULL) AND (status <> 'succeeded'::run_status));
CREATE INDEX runs_version ON ONLY public.runs USING btree (version_id, uuid_send(id));
CREATE INDEX runs_wake ON ONLY public.runs USING btree (wake_at) WHERE (wake_at IS NOT NULL);
CREATE INDEX secrets_key ON public.secrets USING btree (key_id, org_id, name);
CREATE INDEX sessions_expiry ON public.sessions USING btree (expires_at);
CREATE INDEX sessions_user ON public.sessions USING btree (user_id);
CREATE INDEX sign_in_flows_expiry ON public.sign_in_flows USING btree (expires_at);
CREATE INDEX sign_in_links_org ON public.sign_in_links USING btree (org_id, id);
CREATE INDEX stored_objects_doomed ON public.stored_objects USING btree (doomed_at) WHERE (doomed_at IS NOT NULL);
CREATE INDEX task_rollups_at ON public.task_rollups USING btree (org_id, level, at);
CREATE INDEX tasks_agent ON ONLY public.tasks USING btree (agent_id, run_id, idx) WHERE (agent_id IS NOT NULL);
CREATE INDEX versions_marked ON public.versions USING btree (org_id) WHERE has_marks;
CREATE INDEX workspace_leases_open ON public.workspace_leases USING btree (run_id, expires_at) WHERE (ended_at IS NULL);
CREATE INDEX workspace_leases_run ON public.workspace_leases USING btree (run_id, seq);
CREATE INDEX workspaces_age ON public.workspaces USING btree (created_at);
CREATE UNIQUE INDEX dead_letters_task ON public.dead_letters USING btree (run_id, task_idx) WHERE (run_id IS NOT NULL);
CREATE UNIQUE INDEX pipelines_name ON public.pipelines USING btree (org_id, lower(name)) WHERE (archived_at IS NULL);
CREATE UNIQUE INDEX pipelines_tool ON public.pipelines USING btree (org_id, tool_name) WHERE ((tool_name IS NOT NULL) AND (archived_at IS NULL));
CREATE UNIQUE INDEX saved_views_shared ON public.saved_views USING btree (org_id, place, name) WHERE shared;
CREATE UNIQUE INDEX users_email ON public.users USING btree (email);
CREATE UNIQUE INDEX versions_number ON public.versions USING btree (pipeline_id, number) WHERE (pipeline_id IS NOT NULL);
CREATE UNIQUE INDEX versions_shared ON public.versions USING btree (org_id, content_hash) WHERE (pipeline_id IS NULL);
CREATE UNIQUE INDEX workspace_versions_order ON public.workspace_versions USING btree (run_id, seq, path);

CREATE VIEW agent_performance_summary WITH (security_invoker=true) AS
 SELECT a.org_id,
    a.id AS agent_id,
    a.name,
    a.instance,
    p.capability,
    sum(p.succeeded) AS succeeded,
    sum(p.failed) AS failed,
    sum(p.lost) AS lost,
    ((sum(p.succeeded))::numeric / (NULLIF(sum(((p.succeeded + p.failed) + p.lost)), 0))::numeric) AS success_rate,
    (sum(p.busy_ms) / (NULLIF(sum((p.succeeded + p.failed)), 0))::numeric) AS avg_run_ms,
    max(p.max_ms) AS max_run_ms
   FROM (agents a
     JOIN agent_performance p ON ((p.agent_id = a.id)))
  WHERE (p.minute >= (now() - '24:00:00'::interval))
  GROUP BY a.org_id, a.id, a.name, a.instance, p.capability;

CREATE VIEW mcp_usage_summary WITH (security_invoker=true) AS
 SELECT usage.org_id,
    usage.connection_id,
    connection.slug AS connection,
    usage.tool,
    (sum(usage.calls))::bigint AS calls,
    (sum(usage.tool_errors))::bigint AS tool_errors,
    (sum(usage.faults))::bigint AS faults,
    (sum(usage.refusals))::bigint AS refusals,
        CASE
            WHEN (sum((usage.calls - usage.refusals)) > (0)::numeric) THEN (round((sum(usage.total_ms) / sum((usage.calls - usage.refusals)))))::bigint
            ELSE NULL::bigint
        END AS mean_ms,
    max(usage.max_ms) AS max_ms,
    (sum(usage.got_bytes))::bigint AS got_bytes,
    min(usage.day) AS first_day,
    max(usage.last_at) AS last_at
   FROM (mcp_usage usage
     LEFT JOIN mcp_connections connection ON ((connection.id = usage.connection_id)))
  GROUP BY usage.org_id, usage.connection_id, connection.slug, usage.tool;

CREATE VIEW members WITH (security_barrier=true) AS
 SELECT m.org_id,
    m.user_id,
    u.name,
    u.email,
    m.role,
    m.created_at
   FROM (memberships m
     JOIN users u ON ((u.id = m.user_id)))
  WHERE (m.org_id = ( SELECT current_org() AS current_org));

CREATE VIEW task_analytics WITH (security_invoker=true) AS
 SELECT org_id,
    capability,
    count(*) AS tasks,
    count(*) FILTER (WHERE (status = 'succeeded'::task_status)) AS succeeded,
    count(*) FILTER (WHERE (status = 'failed'::task_status)) AS failed,
    count(*) FILTER (WHERE (status = ANY (ARRAY['ready'::task_status, 'queued'::task_status, 'running'::task_status, 'retrying'::task_status]))) AS open,
    avg((EXTRACT(epoch FROM (finished_at - started_at)) * (1000)::numeric)) FILTER (WHERE (status = 'succeeded'::task_status)) AS avg_run_ms,
    percentile_cont((0.95)::double precision) WITHIN GROUP (ORDER BY (((EXTRACT(epoch FROM (finished_at - started_at)) * (1000)::numeric))::double precision)) FILTER (WHERE (status = 'succeeded'::task_status)) AS p95_run_ms,
    percentile_cont((0.95)::double precision) WITHIN GROUP (ORDER BY (((EXTRACT(epoch FROM (started_at - ready_at)) * (1000)::numeric))::double precision)) FILTER (WHERE (started_at IS NOT NULL)) AS p95_wait_ms
   FROM tasks
  WHERE (run_id >= uuid_at((now() - '24:00:00'::interval)))
  GROUP BY org_id, capability;

CREATE VIEW task_attempts WITH (security_invoker=true) AS
 SELECT attempts.run_id,
    attempts.idx,
    attempts.epoch,
    attempts.org_id,
    attempts.attempt,
    attempts.agent_id,
    attempts.ended,
    attempts.ready_at,
    attempts.started_at,
    attempts.finished_at,
    attempts.error,
    attempts.routing
   FROM attempts
UNION ALL
 SELECT tasks.run_id,
    tasks.idx,
    tasks.epoch,
    tasks.org_id,
    tasks.attempt,
    tasks.agent_id,
    (tasks.status)::text AS ended,
    tasks.ready_at,
    tasks.started_at,
    tasks.finished_at,
    tasks.error,
    tasks.routing
   FROM tasks
  WHERE (tasks.epoch > 0);

CREATE VIEW task_histories WITH (security_invoker=true) AS
 SELECT t.run_id,
    t.idx,
    t.org_id,
    r.pipeline_id,
    r.version_id,
    t.stage_key,
    t.capability,
    t.status,
    t.attempt,
    t.agent_id,
    t.ready_at,
    t.started_at,
    t.finished_at,
    t.progress,
    t.error,
    r.created_at AS run_created_at
   FROM (tasks t
     JOIN runs r ON ((r.id = t.run_id)));


CREATE OR REPLACE FUNCTION public.admit_births(orgs_of_births uuid[])
 RETURNS boolean
 LANGUAGE plpgsql
AS $function$
DECLARE
  org uuid;
BEGIN
  FOREACH org IN ARRAY orgs_of_births LOOP
    PERFORM pg_advisory_xact_lock_shared(org_lock(org));
  END LOOP;
  IF EXISTS (SELECT FROM orgs WHERE id = ANY (orgs_of_births) AND closed_at IS NOT NULL) THEN
    RAISE EXCEPTION 'a run cannot begin in an organisation that is closed' USING ERRCODE = 'SB002';
  END IF;
  RETURN true;
END $function$
;
CREATE OR REPLACE FUNCTION public.audit_append(org uuid, bodies json)
 RETURNS bigint
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
AS $function$
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
END $function$
;
CREATE OR REPLACE FUNCTION public.current_org()
 RETURNS uuid
 LANGUAGE sql
 STABLE
AS $function$ SELECT nullif(current_setting('signalbox.org', true), '')::uuid $function$
;
CREATE OR REPLACE FUNCTION public.duration_step(took interval)
 RETURNS smallint
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
AS $function$ SELECT floor(4 * ln(least(greatest(extract(epoch FROM took)::float8 * 1000, 1), 4294967295)) / ln(2::float8))::smallint $function$
;
CREATE OR REPLACE FUNCTION public.ensure_parts(since timestamp with time zone, until timestamp with time zone)
 RETURNS void
 LANGUAGE plpgsql
AS $function$
DECLARE
  parent text;
  part text;
BEGIN
  FOR week IN floor(extract(epoch FROM since) / 604800) .. floor(extract(epoch FROM until) / 604800) LOOP
    -- Labels first: a run cannot be born into a week that has no place for them.
    FOREACH parent IN ARRAY ARRAY['run_labels', 'runs', 'tasks', 'attempts', 'run_events', 'task_stage_logs', 'run_objects'] LOOP
      part := parent || '_w' || week;
      CONTINUE WHEN to_regclass(part) IS NOT NULL;
      EXECUTE format('CREATE TABLE %I PARTITION OF %I FOR VALUES FROM (%L) TO (%L)', part, parent,
        uuid_at(to_timestamp(week * 604800::bigint)), uuid_at(to_timestamp((week + 1) * 604800::bigint)));
      IF parent IN ('runs', 'tasks') THEN
        -- A page keeps room for one new version of each of its rows, which are longer when they end.
        EXECUTE format('ALTER TABLE %I SET (fillfactor = %s, autovacuum_vacuum_scale_factor = 0.05,
          autovacuum_vacuum_cost_delay = 0)', part, CASE parent WHEN 'runs' THEN 45 ELSE 35 END);
      END IF;
    END LOOP;
  END LOOP;
END $function$
;
CREATE OR REPLACE FUNCTION public.forget_passkeys()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
AS $function$
BEGIN
  DELETE FROM passkeys p WHERE p.user_id = OLD.user_id
    AND NOT EXISTS (SELECT FROM memberships m WHERE m.user_id = OLD.user_id);
  RETURN NULL;
END $function$
;
CREATE OR REPLACE FUNCTION public.forget_run_labels()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
BEGIN
  DELETE FROM run_labels WHERE org_id = OLD.org_id AND label = ANY (OLD.labels) AND run_id = OLD.id;
  RETURN NULL;
END $function$
;
CREATE OR REPLACE FUNCTION public.forget_sign_in_tokens()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
AS $function$
BEGIN
  DELETE FROM secrets WHERE org_id = OLD.org_id
    AND name = 'mcp/oauth/' || replace(OLD.connection_id::text, '-', '') || '/' || replace(OLD.holder_id::text, '-', '');
  RETURN NULL;
END $function$
;
CREATE OR REPLACE FUNCTION public.keep_run_labels()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
BEGIN
  INSERT INTO run_labels (org_id, label, run_id) SELECT NEW.org_id, label, NEW.id FROM unnest(NEW.labels) AS label
    ON CONFLICT DO NOTHING;
  RETURN NULL;
END $function$
;
CREATE OR REPLACE FUNCTION public.keep_run_totals()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
BEGIN
  DELETE FROM run_totals t USING (SELECT DISTINCT org_id, level, at FROM touched) AS place
    WHERE t.org_id = place.org_id AND t.level = place.level AND t.at = place.at;
  INSERT INTO run_totals SELECT total.* FROM (SELECT DISTINCT org_id, level, at FROM touched) AS place
    CROSS JOIN LATERAL total_of_runs(place.org_id, place.level, place.at) AS total;
  RETURN NULL;
END $function$
;
CREATE OR REPLACE FUNCTION public.keep_task_totals()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
BEGIN
  DELETE FROM task_totals t USING (SELECT DISTINCT org_id, level, at FROM touched) AS place
    WHERE t.org_id = place.org_id AND t.level = place.level AND t.at = place.at;
  INSERT INTO task_totals SELECT total.* FROM (SELECT DISTINCT org_id, level, at FROM touched) AS place
    CROSS JOIN LATERAL total_of_tasks(place.org_id, place.level, place.at) AS total;
  RETURN NULL;
END $function$
;
CREATE OR REPLACE FUNCTION public.org_lock(org uuid)
 RETURNS bigint
 LANGUAGE sql
 IMMUTABLE
AS $function$
  SELECT hashtextextended('signalbox org ' || org::text, 0)
$function$
;
CREATE OR REPLACE FUNCTION public.refuse_change()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
BEGIN
  RAISE EXCEPTION 'rows of % are never changed or removed', TG_TABLE_NAME USING ERRCODE = '42501';
END $function$
;
CREATE OR REPLACE FUNCTION public.refuse_commit(reason text)
 RETURNS timestamp with time zone
 LANGUAGE plpgsql
AS $function$
BEGIN
  RAISE EXCEPTION 'commit refused: %', reason USING ERRCODE = 'SB001';
END $function$
;
CREATE OR REPLACE FUNCTION public.total_of_runs(of_org uuid, of_level smallint, of_at timestamp with time zone)
 RETURNS SETOF run_totals
 LANGUAGE sql
 STABLE
AS $function$
  WITH part AS MATERIALIZED (
    SELECT * FROM run_rollups WHERE org_id = of_org AND level = of_level AND at = of_at AND tag = '' AND agent_id IS NULL
  ), durations AS (
    SELECT array_agg(bucket ORDER BY bucket) AS buckets, array_agg(n ORDER BY bucket) AS ns FROM (
      SELECT bucket, sum(n)::integer AS n FROM part, unnest(durations, durations_n) AS cell (bucket, n) GROUP BY bucket) AS added
  )
  SELECT of_org, of_level, of_at, sum(succeeded)::integer, sum(failed)::integer, sum(cancelled)::integer,
    coalesce((SELECT buckets FROM durations), '{}'), coalesce((SELECT ns FROM durations), '{}')
  FROM part HAVING count(*) > 0
$function$
;
CREATE OR REPLACE FUNCTION public.total_of_tasks(of_org uuid, of_level smallint, of_at timestamp with time zone)
 RETURNS SETOF task_totals
 LANGUAGE sql
 STABLE
AS $function$
  WITH part AS MATERIALIZED (
    SELECT * FROM task_rollups WHERE org_id = of_org AND level = of_level AND at = of_at AND tag = ''
  ), waits AS (
    SELECT array_agg(bucket ORDER BY bucket) AS buckets, array_agg(n ORDER BY bucket) AS ns FROM (
      SELECT bucket, sum(n)::integer AS n FROM part, unnest(waits, waits_n) AS cell (bucket, n) GROUP BY bucket) AS added
  ), times AS (
    SELECT array_agg(bucket ORDER BY bucket) AS buckets, array_agg(n ORDER BY bucket) AS ns FROM (
      SELECT bucket, sum(n)::integer AS n FROM part, unnest(times, times_n) AS cell (bucket, n) GROUP BY bucket) AS added
  )
  SELECT of_org, of_level, of_at, sum(tasks)::integer, sum(succeeded)::integer, sum(failed)::integer, sum(cancelled)::integer,
    sum(attempts)::integer, sum(failed_attempts)::integer, sum(lost_attempts)::integer, sum(busy_ms)::bigint, sum(critical_ms)::bigint,
    coalesce((SELECT buckets FROM waits), '{}'), coalesce((SELECT ns FROM waits), '{}'),
    coalesce((SELECT buckets FROM times), '{}'), coalesce((SELECT ns FROM times), '{}')
  FROM part HAVING count(*) > 0
$function$
;
CREATE OR REPLACE FUNCTION public.touch_updated_at()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
BEGIN
  NEW.updated_at := now();
  RETURN NEW;
END $function$
;
CREATE OR REPLACE FUNCTION public.uuid_at(moment timestamp with time zone)
 RETURNS uuid
 LANGUAGE sql
 IMMUTABLE
AS $function$ SELECT (lpad(to_hex((extract(epoch FROM moment) * 1000)::bigint), 12, '0') || '00000000000000000000')::uuid $function$
;

CREATE TRIGGER agents_touch BEFORE UPDATE ON public.agents FOR EACH ROW EXECUTE FUNCTION touch_updated_at();
CREATE TRIGGER audit_checkpoints_final BEFORE DELETE OR UPDATE OR TRUNCATE ON public.audit_checkpoints FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER audit_entries_final BEFORE DELETE OR UPDATE OR TRUNCATE ON public.audit_entries FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER drafts_touch BEFORE UPDATE ON public.drafts FOR EACH ROW EXECUTE FUNCTION touch_updated_at();
CREATE TRIGGER keep_totals_of_new AFTER INSERT ON public.run_rollups REFERENCING NEW TABLE AS touched FOR EACH STATEMENT EXECUTE FUNCTION keep_run_totals();
CREATE TRIGGER keep_totals_of_new AFTER INSERT ON public.task_rollups REFERENCING NEW TABLE AS touched FOR EACH STATEMENT EXECUTE FUNCTION keep_task_totals();
CREATE TRIGGER keep_totals_of_old AFTER DELETE ON public.run_rollups REFERENCING OLD TABLE AS touched FOR EACH STATEMENT EXECUTE FUNCTION keep_run_totals();
CREATE TRIGGER keep_totals_of_old AFTER DELETE ON public.task_rollups REFERENCING OLD TABLE AS touched FOR EACH STATEMENT EXECUTE FUNCTION keep_task_totals();
CREATE TRIGGER mcp_connections_touch BEFORE UPDATE ON public.mcp_connections FOR EACH ROW EXECUTE FUNCTION touch_updated_at();
CREATE TRIGGER mcp_servers_touch BEFORE UPDATE ON public.mcp_servers FOR EACH ROW EXECUTE FUNCTION touch_updated_at();
CREATE TRIGGER mcp_sign_ins_forget AFTER DELETE ON public.mcp_sign_ins FOR EACH ROW EXECUTE FUNCTION forget_sign_in_tokens();
CREATE TRIGGER memberships_forget_passkeys AFTER DELETE ON public.memberships FOR EACH ROW EXECUTE FUNCTION forget_passkeys();
CREATE TRIGGER memberships_touch BEFORE UPDATE ON public.memberships FOR EACH ROW EXECUTE FUNCTION touch_updated_at();
CREATE TRIGGER notification_targets_touch BEFORE UPDATE ON public.notification_targets FOR EACH ROW EXECUTE FUNCTION touch_updated_at();
CREATE TRIGGER pipelines_touch BEFORE UPDATE ON public.pipelines FOR EACH ROW EXECUTE FUNCTION touch_updated_at();
CREATE TRIGGER runs_forget_labels AFTER DELETE ON public.runs FOR EACH ROW WHEN ((old.labels IS NOT NULL)) EXECUTE FUNCTION forget_run_labels();
CREATE TRIGGER runs_keep_labels AFTER INSERT ON public.runs FOR EACH ROW WHEN ((new.labels IS NOT NULL)) EXECUTE FUNCTION keep_run_labels();
CREATE TRIGGER secrets_touch BEFORE UPDATE ON public.secrets FOR EACH ROW EXECUTE FUNCTION touch_updated_at();
CREATE TRIGGER task_dag_templates_touch BEFORE UPDATE ON public.task_dag_templates FOR EACH ROW EXECUTE FUNCTION touch_updated_at();
CREATE TRIGGER users_touch BEFORE UPDATE ON public.users FOR EACH ROW EXECUTE FUNCTION touch_updated_at();

CREATE POLICY tenant ON agent_health FOR ALL TO signalbox_door USING ((org_id = ( SELECT current_org() AS current_org))) WITH CHECK ((org_id = ( SELECT current_org() AS current_org)));
CREATE POLICY tenant ON agent_history FOR ALL TO signalbox_door USING ((org_id = ( SELECT current_org() AS current_org))) WITH CHECK ((org_id = ( SELECT current_org() AS current_org)));
CREATE POLICY tenant ON agent_performance FOR ALL TO signalbox_door USING ((org_id = ( SELECT current_org() AS current_org))) WITH CHECK ((org_id = ( SELECT current_org() AS current_org)));
CREATE POLICY tenant ON agent_seats FOR ALL TO signalbox_door USING ((org_id = ( SELECT current_org() AS current_org))) WITH CHECK ((org_id = ( SELECT current_org() AS current_org)));
CREATE POLICY tenant ON agent_tokens FOR ALL TO signalbox_door USING ((org_id = ( SELECT current_org() AS current_org))) WITH CHECK ((org_id = ( SELECT current_org() AS current_org)));
CREATE POLICY tenant ON agents FOR ALL TO signalbox_door USING ((org_id = ( SELECT current_org() AS current_org))) WITH CHECK ((org_id = ( SELECT current_org() AS current_org)));
CREATE POLICY tenant ON api_keys FOR ALL TO signalbox_door USING ((org_id = ( SELECT current_org() AS current_org))) WITH CHECK ((org_id = ( SELECT current_org() AS current_org)));
CREATE POLICY tenant ON app_connections FOR ALL TO signalbox_door USING ((org_id = ( SELECT current_org() AS current_org))) WITH CHECK ((org_id = ( SELECT current_org() AS current_org)));
CREATE POLICY tenant ON attempts FOR ALL TO signalbox_door USING ((org_id = ( SELECT current_org() AS current_org))) WITH CHECK ((org_id = ( SELECT current_org() AS current_org)));
CREATE POLICY tenant ON audit_checkpoints FOR ALL TO signalbox_door USING ((org_id = ( SELECT current_org() AS current_org)));
CREATE POLICY tenant ON audit_entries FOR ALL TO signalbox_door USING ((org_id = ( SELECT current_org() AS current_org)));
CREATE POLICY tenant ON audit_heads FOR ALL TO signalbox_door USING ((org_id = ( SELECT current_org() AS current_org)));
CREATE POLICY tenant ON bulk_items FOR ALL TO signalbox_door USING ((org_id = ( SELECT current_org() AS current_org))) WITH CHECK ((org_id = ( SELECT current_org() AS current_org)));
CREATE POLICY tenant ON bulks FOR ALL TO signalbox_door USING ((org_id = ( SELECT current_org() AS current_org))) WITH CHECK ((org_id = ( SELECT current_org() AS current_org)));
CREATE POLICY tenant ON concurrency_slots FOR ALL TO signalbox_door USING ((org_id = ( SELECT current_org() AS current_org))) WITH CHECK ((org_id = ( SELECT current_org() AS current_org)));
CREATE POLICY tenant ON dead_letters FOR ALL TO signalbox_door USING ((org_id = ( SELECT current_org() AS current_org))) WITH CHECK ((org_id = ( SELECT current_org() AS current_org)));
CREATE POLICY tenant ON drafts FOR ALL TO signalbox_door USING ((org_id = ( SELECT current_org() AS current_org))) WITH CHECK ((org_id = ( SELECT current_org() AS current_org)));
CREATE POLICY tenant ON error_groups FOR ALL TO signalbox_door USING ((org_id = ( SELECT current_org() AS current_org))) WITH CHECK ((org_id = ( SELECT current_org() AS current_org)));
CREATE POLICY tenant ON idempotency_keys FOR ALL TO signalbox_door USING ((org_id = ( SELECT current_org() AS current_org))) WITH CHECK ((org_id = ( SELECT current_org() AS current_org)));
CREATE POLICY tenant ON late_answers FOR ALL TO signalbox_door USING ((org_id = ( SELECT current_org() AS current_org))) WITH CHECK ((org_id = ( SELECT current_org() AS current_org)));
CREATE POLICY tenant ON mcp_approvals FOR ALL TO signalbox_door USING ((org_id = ( SELECT current_org() AS current_org))) WITH CHECK ((org_id = ( SELECT current_org() AS current_org)));
CREATE POLICY tenant ON mcp_calls FOR ALL TO signalbox_door USING ((org_id = ( SELECT current_org() AS current_org))) WITH CHECK ((org_id = ( SELECT current_org() AS current_org)));
CREATE POLICY tenant ON mcp_connections FOR ALL TO signalbox_door USING ((org_id = ( SELECT current_org() AS current_org))) WITH CHECK ((org_id = ( SELECT current_org() AS current_org)));
CREATE POLICY tenant ON mcp_health FOR ALL TO signalbox_door USING ((org_id = ( SELECT current_org() AS current_org))) WITH CHECK ((org_id = ( SELECT current_org() AS current_org)));
CREATE POLICY tenant ON mcp_questions FOR ALL TO signalbox_door USING ((org_id = ( SELECT current_org() AS current_org))) WITH CHECK ((org_id = ( SELECT current_org() AS current_org)));
CREATE POLICY tenant ON mcp_rules FOR ALL TO signalbox_door USING ((org_id = ( SELECT current_org() AS current_org))) WITH CHECK ((org_id = ( SELECT current_org() AS current_org)));
CREATE POLICY tenant ON mcp_servers FOR ALL TO signalbox_door USING ((org_id = ( SELECT current_org() AS current_org))) WITH CHECK ((org_id = ( SELECT current_org() AS current_org)));
CREATE POLICY tenant ON mcp_sessions FOR ALL TO signalbox_door USING ((org_id = ( SELECT current_org() AS current_org))) WITH CHECK ((org_id = ( SELECT current_org() AS current_org)));
CREATE POLICY tenant ON mcp_sign_ins FOR ALL TO signalbox_door USING ((org_id = ( SELECT current_org() AS current_org))) WITH CHECK ((org_id = ( SELECT current_org() AS current_org)));
CREATE POLICY tenant ON mcp_tools FOR ALL TO signalbox_door USING ((org_id = ( SELECT current_org() AS current_org))) WITH CHECK ((org_id = ( SELECT current_org() AS current_org)));
CREATE POLICY tenant ON mcp_usage FOR ALL TO signalbox_door USING ((org_id = ( SELECT current_org() AS current_org))) WITH CHECK ((org_id = ( SELECT current_org() AS current_org)));
CREATE POLICY tenant ON memberships FOR ALL TO signalbox_door USING ((org_id = ( SELECT current_org() AS current_org))) WITH CHECK ((org_id = ( SELECT current_org() AS current_org)));
CREATE POLICY tenant ON notification_deliveries FOR ALL TO signalbox_door USING ((org_id = ( SELECT current_org() AS current_org))) WITH CHECK ((org_id = ( SELECT current_org() AS current_org)));
CREATE POLICY tenant ON notification_signing FOR ALL TO signalbox_door USING ((org_id = ( SELECT current_org() AS current_org))) WITH CHECK ((org_id = ( SELECT current_org() AS current_org)));
CREATE POLICY tenant ON notification_targets FOR ALL TO signalbox_door USING ((org_id = ( SELECT current_org() AS current_org))) WITH CHECK ((org_id = ( SELECT current_org() AS current_org)));
CREATE POLICY tenant ON orgs FOR ALL TO signalbox_door USING ((id = ( SELECT current_org() AS current_org)));
CREATE POLICY tenant ON pipeline_grants FOR ALL TO signalbox_door USING ((org_id = ( SELECT current_org() AS current_org))) WITH CHECK ((org_id = ( SELECT current_org() AS current_org)));
CREATE POLICY tenant ON pipeline_stars FOR ALL TO signalbox_door USING ((org_id = ( SELECT current_org() AS current_org))) WITH CHECK ((org_id = ( SELECT current_org() AS current_org)));
CREATE POLICY tenant ON pipelines FOR ALL TO signalbox_door USING ((org_id = ( SELECT current_org() AS current_org))) WITH CHECK ((org_id = ( SELECT current_org() AS current_org)));
CREATE POLICY tenant ON run_events FOR ALL TO signalbox_door USING ((org_id = ( SELECT current_org() AS current_org))) WITH CHECK ((org_id = ( SELECT current_org() AS current_org)));
CREATE POLICY tenant ON run_labels FOR ALL TO signalbox_door USING ((org_id = ( SELECT current_org() AS current_org))) WITH CHECK ((org_id = ( SELECT current_org() AS current_org)));
CREATE POLICY tenant ON run_objects FOR ALL TO signalbox_door USING ((org_id = ( SELECT current_org() AS current_org))) WITH CHECK ((org_id = ( SELECT current_org() AS current_org)));
CREATE POLICY tenant ON run_rollups FOR ALL TO signalbox_door USING ((org_id = ( SELECT current_org() AS current_org))) WITH CHECK ((org_id = ( SELECT current_org() AS current_org)));
CREATE POLICY tenant ON run_totals FOR ALL TO signalbox_door USING ((org_id = ( SELECT current_org() AS current_org))) WITH CHECK ((org_id = ( SELECT current_org() AS current_org)));
CREATE POLICY tenant ON runs FOR ALL TO signalbox_door USING ((org_id = ( SELECT current_org() AS current_org))) WITH CHECK ((org_id = ( SELECT current_org() AS current_org)));
CREATE POLICY tenant ON samples FOR ALL TO signalbox_door USING ((org_id = ( SELECT current_org() AS current_org)));
CREATE POLICY tenant ON saved_views FOR ALL TO signalbox_door USING ((org_id = ( SELECT current_org() AS current_org))) WITH CHECK ((org_id = ( SELECT current_org() AS current_org)));
CREATE POLICY tenant ON secrets FOR ALL TO signalbox_door USING ((org_id = ( SELECT current_org() AS current_org))) WITH CHECK ((org_id = ( SELECT current_org() AS current_org)));
CREATE POLICY tenant ON sign_in_links FOR ALL TO signalbox_door USING ((org_id = ( SELECT current_org() AS current_org))) WITH CHECK ((org_id = ( SELECT current_org() AS current_org)));
CREATE POLICY tenant ON task_dag_templates FOR ALL TO signalbox_door USING ((org_id = ( SELECT current_org() AS current_org))) WITH CHECK ((org_id = ( SELECT current_org() AS current_org)));
CREATE POLICY tenant ON task_rollups FOR ALL TO signalbox_door USING ((org_id = ( SELECT current_org() AS current_org))) WITH CHECK ((org_id = ( SELECT current_org() AS current_org)));
CREATE POLICY tenant ON task_stage_logs FOR ALL TO signalbox_door USING ((org_id = ( SELECT current_org() AS current_org))) WITH CHECK ((org_id = ( SELECT current_org() AS current_org)));
CREATE POLICY tenant ON task_totals FOR ALL TO signalbox_door USING ((org_id = ( SELECT current_org() AS current_org))) WITH CHECK ((org_id = ( SELECT current_org() AS current_org)));
CREATE POLICY tenant ON tasks FOR ALL TO signalbox_door USING ((org_id = ( SELECT current_org() AS current_org))) WITH CHECK ((org_id = ( SELECT current_org() AS current_org)));
CREATE POLICY tenant ON versions FOR ALL TO signalbox_door USING ((org_id = ( SELECT current_org() AS current_org))) WITH CHECK ((org_id = ( SELECT current_org() AS current_org)));
CREATE POLICY tenant ON workspace_blobs FOR ALL TO signalbox_door USING ((org_id = ( SELECT current_org() AS current_org))) WITH CHECK ((org_id = ( SELECT current_org() AS current_org)));
CREATE POLICY tenant ON workspace_collaborators FOR ALL TO signalbox_door USING ((org_id = ( SELECT current_org() AS current_org))) WITH CHECK ((org_id = ( SELECT current_org() AS current_org)));
CREATE POLICY tenant ON workspace_files FOR ALL TO signalbox_door USING ((org_id = ( SELECT current_org() AS current_org))) WITH CHECK ((org_id = ( SELECT current_org() AS current_org)));
CREATE POLICY tenant ON workspace_leases FOR ALL TO signalbox_door USING ((org_id = ( SELECT current_org() AS current_org))) WITH CHECK ((org_id = ( SELECT current_org() AS current_org)));
CREATE POLICY tenant ON workspace_messages FOR ALL TO signalbox_door USING ((org_id = ( SELECT current_org() AS current_org))) WITH CHECK ((org_id = ( SELECT current_org() AS current_org)));
CREATE POLICY tenant ON workspace_steps FOR ALL TO signalbox_door USING ((org_id = ( SELECT current_org() AS current_org))) WITH CHECK ((org_id = ( SELECT current_org() AS current_org)));
CREATE POLICY tenant ON workspace_versions FOR ALL TO signalbox_door USING ((org_id = ( SELECT current_org() AS current_org))) WITH CHECK ((org_id = ( SELECT current_org() AS current_org)));
CREATE POLICY tenant ON workspaces FOR ALL TO signalbox_door USING ((org_id = ( SELECT current_org() AS current_org))) WITH CHECK ((org_id = ( SELECT current_org() AS current_org)));

GRANT INSERT, SELECT, UPDATE ON agent_health TO signalbox_door;
GRANT SELECT ON agent_history TO signalbox_door;
GRANT SELECT ON agent_performance TO signalbox_door;
GRANT SELECT ON agent_performance_summary TO signalbox_door;
GRANT SELECT ON agent_seats TO signalbox_door;
GRANT INSERT, SELECT, UPDATE ON agent_tokens TO signalbox_door;
GRANT INSERT, SELECT, UPDATE ON agents TO signalbox_door;
GRANT SELECT ON analytics_progress TO signalbox_door;
GRANT INSERT, SELECT, UPDATE ON api_keys TO signalbox_door;
GRANT DELETE, SELECT ON app_connections TO signalbox_door;
GRANT SELECT ON attempts TO signalbox_door;
GRANT SELECT ON audit_checkpoints TO signalbox_door;
GRANT SELECT ON audit_entries TO signalbox_door;
GRANT SELECT ON audit_heads TO signalbox_door;
GRANT INSERT, SELECT ON bulk_items TO signalbox_door;
GRANT INSERT, SELECT, UPDATE ON bulks TO signalbox_door;
GRANT SELECT ON concurrency_slots TO signalbox_door;
GRANT SELECT ON dead_letters TO signalbox_door;
GRANT DELETE, INSERT, SELECT, UPDATE ON drafts TO signalbox_door;
GRANT SELECT, UPDATE ON error_groups TO signalbox_door;
GRANT INSERT, SELECT, UPDATE ON idempotency_keys TO signalbox_door;
GRANT SELECT ON late_answers TO signalbox_door;
GRANT SELECT, UPDATE ON mcp_approvals TO signalbox_door;
GRANT SELECT ON mcp_calls TO signalbox_door;
GRANT DELETE, INSERT, SELECT, UPDATE ON mcp_connections TO signalbox_door;
GRANT SELECT ON mcp_health TO signalbox_door;
GRANT SELECT, UPDATE ON mcp_questions TO signalbox_door;
GRANT DELETE, INSERT, SELECT, UPDATE ON mcp_rules TO signalbox_door;
GRANT DELETE, INSERT, SELECT, UPDATE ON mcp_servers TO signalbox_door;
GRANT DELETE, INSERT, SELECT, UPDATE ON mcp_sessions TO signalbox_door;
GRANT DELETE, SELECT ON mcp_sign_ins TO signalbox_door;
GRANT SELECT, UPDATE ON mcp_tools TO signalbox_door;
GRANT SELECT ON mcp_usage TO signalbox_door;
GRANT SELECT ON mcp_usage_summary TO signalbox_door;
GRANT SELECT ON members TO signalbox_door;
GRANT DELETE, INSERT, SELECT, UPDATE ON memberships TO signalbox_door;
GRANT SELECT, UPDATE ON notification_deliveries TO signalbox_door;
GRANT DELETE, INSERT, SELECT, UPDATE ON notification_signing TO signalbox_door;
GRANT DELETE, INSERT, SELECT, UPDATE ON notification_targets TO signalbox_door;
GRANT SELECT ON orgs TO signalbox_door;
GRANT DELETE, INSERT, SELECT, UPDATE ON pipeline_grants TO signalbox_door;
GRANT DELETE, INSERT, SELECT ON pipeline_stars TO signalbox_door;
GRANT INSERT, SELECT, UPDATE ON pipelines TO signalbox_door;
GRANT SELECT ON run_events TO signalbox_door;
GRANT SELECT ON run_labels TO signalbox_door;
GRANT SELECT ON run_objects TO signalbox_door;
GRANT SELECT ON run_rollups TO signalbox_door;
GRANT SELECT ON run_totals TO signalbox_door;
GRANT SELECT ON runs TO signalbox_door;
GRANT SELECT ON samples TO signalbox_door;
GRANT DELETE, INSERT, SELECT, UPDATE ON saved_views TO signalbox_door;
GRANT DELETE, INSERT, UPDATE ON secrets TO signalbox_door;
GRANT DELETE, INSERT, SELECT, UPDATE ON sign_in_links TO signalbox_door;
GRANT SELECT ON task_analytics TO signalbox_door;
GRANT SELECT ON task_attempts TO signalbox_door;
GRANT DELETE, INSERT, SELECT, UPDATE ON task_dag_templates TO signalbox_door;
GRANT SELECT ON task_histories TO signalbox_door;
GRANT SELECT ON task_rollups TO signalbox_door;
GRANT SELECT ON task_stage_logs TO signalbox_door;
GRANT SELECT ON task_totals TO signalbox_door;
GRANT SELECT ON tasks TO signalbox_door;
GRANT INSERT, SELECT, UPDATE ON versions TO signalbox_door;
GRANT INSERT, SELECT ON workspace_blobs TO signalbox_door;
GRANT INSERT, SELECT, UPDATE ON workspace_collaborators TO signalbox_door;
GRANT INSERT, SELECT, UPDATE ON workspace_files TO signalbox_door;
GRANT INSERT, SELECT, UPDATE ON workspace_leases TO signalbox_door;
GRANT INSERT, SELECT ON workspace_messages TO signalbox_door;
GRANT INSERT, SELECT ON workspace_steps TO signalbox_door;
GRANT INSERT, SELECT ON workspace_versions TO signalbox_door;
GRANT DELETE, INSERT, SELECT, UPDATE ON workspaces TO signalbox_door;
