-- One action on many runs, worked off in the background.
CREATE TABLE bulks (
  id uuid PRIMARY KEY,
  org_id uuid NOT NULL REFERENCES orgs (id),
  action text NOT NULL CHECK (action IN ('cancel', 'retry', 'replay', 'pause', 'resume')),
  -- What was asked for, as it was asked.
  request json NOT NULL,
  -- Who asked, with the rights they had.
  actor json NOT NULL,
  status text NOT NULL CHECK (status IN ('open', 'done', 'aborted')),
  total integer NOT NULL,
  succeeded integer NOT NULL DEFAULT 0,
  skipped integer NOT NULL DEFAULT 0,
  failed integer NOT NULL DEFAULT 0,
  -- The process that works on it, until when it says so, and the number of its turn.
  leased_until timestamptz,
  turn integer NOT NULL DEFAULT 0,
  created_at timestamptz NOT NULL DEFAULT now(),
  finished_at timestamptz
);
CREATE INDEX bulks_open ON bulks (created_at) WHERE status = 'open';
CREATE INDEX bulks_org ON bulks (org_id, id);

-- The runs it is about, chosen when it was made: what begins to match later is not touched.
CREATE TABLE bulk_items (
  bulk_id uuid NOT NULL REFERENCES bulks (id) ON DELETE CASCADE,
  position integer NOT NULL,
  org_id uuid NOT NULL,
  run_id uuid NOT NULL,
  -- What is to be done in particular, written before it is done: whoever repeats the item repeats this.
  plan json,
  result text CHECK (result IN ('succeeded', 'skipped', 'failed')),
  -- The run that a replay made, or why nothing was done.
  made uuid,
  code text,
  message text,
  PRIMARY KEY (bulk_id, position)
);

ALTER TABLE bulks ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant ON bulks TO signalbox_door USING (org_id = (SELECT current_org()))
  WITH CHECK (org_id = (SELECT current_org()));
ALTER TABLE bulk_items ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant ON bulk_items TO signalbox_door USING (org_id = (SELECT current_org()))
  WITH CHECK (org_id = (SELECT current_org()));
GRANT SELECT, INSERT, UPDATE ON bulks TO signalbox_door;
GRANT SELECT, INSERT ON bulk_items TO signalbox_door;
