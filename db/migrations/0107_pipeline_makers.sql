-- Who made a pipeline, for others to ask. Null: a program of nobody's, or it was made before this was written down.
ALTER TABLE pipelines ADD COLUMN made_by uuid REFERENCES users (id) ON DELETE SET NULL;
