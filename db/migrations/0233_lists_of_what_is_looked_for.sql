-- Calls that did not go well, and those of one tool: in the order of the log, which has one row a call.
CREATE INDEX mcp_calls_outcome ON mcp_calls (org_id, outcome, id) WHERE outcome <> 'answered';
CREATE INDEX mcp_calls_tool ON mcp_calls (org_id, tool, id);

-- What waits for people is looked for all the time, and is little of what ever did.
CREATE INDEX mcp_approvals_state ON mcp_approvals (org_id, state, id);
CREATE INDEX mcp_questions_state ON mcp_questions (org_id, state, id);

-- The open ones of one tenant, and of one queue, in the order in which they are listed.
CREATE INDEX dead_letters_list ON dead_letters (org_id, created_at, id) WHERE closed_at IS NULL;
CREATE INDEX dead_letters_queue ON dead_letters (org_id, queue, created_at, id) WHERE closed_at IS NULL;

-- The few of a bulk action that failed.
CREATE INDEX bulk_items_result ON bulk_items (bulk_id, result, position) WHERE result IS NOT NULL;
