-- Counts of long ago are looked for by their day alone.
CREATE INDEX mcp_usage_day ON mcp_usage (day);
