-- A pipeline that has a name as a tool is offered to models as a tool of its own.
ALTER TABLE pipelines ADD COLUMN tool_name text CHECK (tool_name ~ '^[a-z][a-z0-9_]{0,55}$');
CREATE UNIQUE INDEX pipelines_tool ON pipelines (org_id, tool_name)
  WHERE tool_name IS NOT NULL AND archived_at IS NULL;
