-- Who is told of what happens, and what came of telling them.

CREATE TABLE notification_targets (
  id uuid PRIMARY KEY,
  org_id uuid NOT NULL REFERENCES orgs (id),
  name text NOT NULL CHECK (length(name) BETWEEN 1 AND 200),
  kind text NOT NULL CHECK (kind IN ('webhook', 'email')),
  address text NOT NULL CHECK (length(address) BETWEEN 1 AND 2048),
  events text[] NOT NULL CHECK (cardinality(events) > 0),
  -- Null: all pipelines.
  pipeline_id uuid,
  active boolean NOT NULL DEFAULT true,
  -- Set when nobody ordered it: the receiver said that it is gone.
  off_reason text,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX notification_targets_org ON notification_targets (org_id, id);
-- The engine asks it for every run that ends: whether anybody listens at all.
CREATE INDEX notification_targets_active ON notification_targets (org_id) WHERE active;
CREATE TRIGGER notification_targets_touch BEFORE UPDATE ON notification_targets
  FOR EACH ROW EXECUTE FUNCTION touch_updated_at();

-- Runs that have ended and that somebody listens to: written by the commit that ends them, gone in the transaction
-- that makes deliveries of them.
CREATE TABLE notification_outbox (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  org_id uuid NOT NULL,
  run_id uuid NOT NULL
);

CREATE TABLE notification_deliveries (
  id uuid PRIMARY KEY,
  org_id uuid NOT NULL REFERENCES orgs (id),
  -- Null: the run itself names the address.
  target_id uuid,
  kind text NOT NULL CHECK (kind IN ('webhook', 'email')),
  address text NOT NULL,
  event text NOT NULL,
  -- What happened, and who listens: the same is told to the same once.
  event_key text NOT NULL,
  listener text NOT NULL,
  run_id uuid,
  -- As it is sent and signed, byte for byte.
  body json NOT NULL,
  state text NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'delivered', 'given-up')),
  -- Grows with each try and never shrinks: whoever reports on an earlier one changes nothing.
  attempts integer NOT NULL DEFAULT 0,
  tries_left integer NOT NULL,
  -- When it is tried next; while somebody is at it, when others may take it up. Null: it is over.
  next_at timestamptz DEFAULT now(),
  last_at timestamptz,
  last_status integer,
  last_error text,
  last_ms integer,
  created_at timestamptz NOT NULL DEFAULT now(),
  delivered_at timestamptz,
  UNIQUE (org_id, event_key, listener)
);
CREATE INDEX notification_deliveries_due ON notification_deliveries (org_id, next_at) WHERE state = 'waiting';
CREATE INDEX notification_deliveries_org ON notification_deliveries (org_id, id);
CREATE INDEX notification_deliveries_state ON notification_deliveries (org_id, state, id);
CREATE INDEX notification_deliveries_target ON notification_deliveries (target_id, id);
CREATE INDEX notification_deliveries_run ON notification_deliveries (run_id, id);

-- Which of the numbered secrets `notification/<scope>/<number>` sign. The scope is a target's bare id, or `default` for
-- webhooks that runs name themselves. The one before the current signs too until its time has come.
CREATE TABLE notification_signing (
  org_id uuid NOT NULL REFERENCES orgs (id),
  scope text NOT NULL,
  number integer NOT NULL,
  previous_until timestamptz,
  PRIMARY KEY (org_id, scope)
);

DO $$
DECLARE
  name text;
BEGIN
  FOREACH name IN ARRAY ARRAY['notification_targets', 'notification_deliveries', 'notification_signing'] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
    EXECUTE format('CREATE POLICY tenant ON %I TO signalbox_door USING (org_id = (SELECT current_org()))
      WITH CHECK (org_id = (SELECT current_org()))', name);
    EXECUTE format('GRANT SELECT ON %I TO signalbox_door', name);
  END LOOP;
  -- The engine's alone: the doors' role has no right and no policy here.
  ALTER TABLE notification_outbox ENABLE ROW LEVEL SECURITY;
  GRANT INSERT, UPDATE, DELETE ON notification_targets, notification_signing TO signalbox_door;
  GRANT UPDATE ON notification_deliveries TO signalbox_door;
END $$;
