-- How much of a log the client of a session wants to hear: it may have said so to another process.
ALTER TABLE mcp_sessions ADD COLUMN log_level text;
