-- Names of secrets that sealed values of the connection refer to as ${secret:NAME}. What a value of before has that looks
-- like one is text: nobody was asked whether they may use that secret.
ALTER TABLE mcp_connections ADD COLUMN secret_names text[] NOT NULL DEFAULT '{}';
