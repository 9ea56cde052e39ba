-- Organisations are made, renamed and closed by people; a person of several comes back to the one that they used last.
ALTER TABLE orgs ADD COLUMN closed_at timestamptz;
ALTER TABLE orgs ADD CONSTRAINT orgs_name CHECK (length(name) BETWEEN 1 AND 200);
ALTER TABLE memberships ADD COLUMN used_at timestamptz NOT NULL DEFAULT now();
GRANT UPDATE (name) ON orgs TO signalbox_door;
