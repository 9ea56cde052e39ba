-- The address of MCP that a program was let in to: its tokens count there and nowhere else.
ALTER TABLE app_connections ADD COLUMN path text NOT NULL DEFAULT '/mcp';
-- What those of before were granted says it, as the whole address.
UPDATE app_connections a SET path = g.path
FROM (SELECT connection_id, regexp_replace(json_object_keys(payload->'resources'), '^[a-z]+://[^/]+', '') AS path
  FROM app_records WHERE kind = 'Grant' AND json_typeof(payload->'resources') = 'object') g
WHERE g.connection_id = a.id AND g.path LIKE '/mcp%';

-- The address of MCP at which a session of the old generation began. Null: it began before this was kept, and is of the
-- one at which it comes next.
ALTER TABLE mcp_sessions ADD COLUMN path text;
