-- What failed or was cancelled, in the order of ends and of durations: hardly any run does, and a page of them went along
-- all that ended well. Only the end of a run that did not end well pays for these two.
CREATE INDEX runs_unwell_end ON runs (org_id, status, finished_at, id)
  WHERE finished_at IS NOT NULL AND status <> 'succeeded';
CREATE INDEX runs_unwell_duration ON runs (org_id, status, (finished_at - created_at), id)
  WHERE finished_at IS NOT NULL AND status <> 'succeeded';

-- The first of them has all that this one has.
DROP INDEX runs_failed_end;
