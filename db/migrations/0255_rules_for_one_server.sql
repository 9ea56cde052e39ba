-- A rule for the calls that come through one virtual server. Null: it says nothing of where they come through.
ALTER TABLE mcp_rules ADD COLUMN server_id uuid REFERENCES mcp_servers (id) ON DELETE CASCADE;
