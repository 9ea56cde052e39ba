-- How many runs failed in the last day is asked for with each look at the home page. Only the end of a run that failed
-- pays for it.
CREATE INDEX runs_failed_end ON runs (org_id, finished_at, id) WHERE status = 'failed';
