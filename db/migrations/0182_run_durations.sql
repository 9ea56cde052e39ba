-- Runs by about how long they took, in the order of the runs: a range of durations is a few steps of a scale, and a page
-- is read from the end of each. Only the end of a run pays for it.

-- Four steps to each doubling, from a millisecond on; all from seven weeks on are one.
CREATE FUNCTION duration_step(took interval) RETURNS smallint LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
$$ SELECT floor(4 * ln(least(greatest(extract(epoch FROM took)::float8 * 1000, 1), 4294967295)) / ln(2::float8))::smallint $$;

CREATE INDEX runs_duration_step ON runs (org_id, duration_step(finished_at - created_at), uuid_send(id))
  WHERE finished_at IS NOT NULL;

-- Labels have a table by now; each birth and each end of a run with labels paid for this one.
DROP INDEX runs_labels;
