-- Sample connections to MCP servers are taken away like the other samples.
ALTER TABLE samples DROP CONSTRAINT samples_kind_check;
ALTER TABLE samples ADD CONSTRAINT samples_kind_check CHECK (kind IN ('pipeline', 'agent', 'mcp-connection'));
