-- Who published a version, for others to ask. Null: a program of nobody's, or it was published before this was written down.
ALTER TABLE versions ADD COLUMN made_by uuid REFERENCES users (id) ON DELETE SET NULL;
