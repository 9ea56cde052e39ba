-- A view that one has saved can be for everybody in the organisation: under a name of its own, by somebody one can ask.
ALTER TABLE saved_views
  ADD COLUMN shared boolean NOT NULL DEFAULT false,
  ADD COLUMN made_by uuid REFERENCES users (id) ON DELETE SET NULL;
CREATE UNIQUE INDEX saved_views_shared ON saved_views (org_id, place, name) WHERE shared;
