-- Lists of runs by whatever people look for. Only the birth of a run and its end pay for the indexes: none of their
-- columns moves in between (`status` does when somebody pauses or cancels), so all other commits stay updates in place.

-- Which kind of failure it was: a hash of its class, code and message without numbers, ids and quoted words.
ALTER TABLE runs ADD COLUMN error_group text;
-- What of its metadata runs are looked for by: `key=value`, `tag:name`. Null when there is none.
ALTER TABLE runs ADD COLUMN labels text[];

-- `status` before the id: a list of some statuses, or of all six, reads as many short ranges, each in order. The id is
-- written as bytes, which sort alike, so that the primary key does not offer this order: a planner that takes a rare
-- value for a common one would walk along it from end to end.
DROP INDEX runs_org;
CREATE INDEX runs_status ON runs (org_id, status, uuid_send(id));
DROP INDEX runs_pipeline;
CREATE INDEX runs_pipeline ON runs (org_id, pipeline_id, status, uuid_send(id));
CREATE INDEX runs_version ON runs (version_id, uuid_send(id));
-- Nearly all runs of an installation are started by programs; what is rare is what people look for.
CREATE INDEX runs_trigger ON runs (org_id, trigger, uuid_send(id)) WHERE trigger <> 'api';
CREATE INDEX runs_finished ON runs (org_id, finished_at, id) WHERE finished_at IS NOT NULL;
CREATE INDEX runs_duration ON runs (org_id, (finished_at - created_at), id) WHERE finished_at IS NOT NULL;
CREATE INDEX runs_error_group ON runs (org_id, error_group, uuid_send(id)) WHERE error_group IS NOT NULL;
CREATE INDEX runs_labels ON runs USING gin (labels) WHERE labels IS NOT NULL;

-- What an agent works on and has worked on.
CREATE INDEX tasks_agent ON tasks (agent_id, run_id, idx) WHERE agent_id IS NOT NULL;
CREATE INDEX attempts_agent ON attempts (agent_id, run_id, idx) WHERE agent_id IS NOT NULL;
