-- Whether something of its runs is marked sensitive: a dead message that names no task may be of any of them.
ALTER TABLE versions ADD COLUMN has_marks boolean NOT NULL DEFAULT false;
CREATE INDEX versions_marked ON versions (org_id) WHERE has_marks;
