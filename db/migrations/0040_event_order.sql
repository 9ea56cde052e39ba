-- Which transaction wrote a row. With a snapshot of the server (pg_current_snapshot) it says exactly which events were
-- committed since, whatever order concurrent commits ended in; no clock can. Rows from before get this one's number.
ALTER TABLE run_events ADD COLUMN xid bigint NOT NULL DEFAULT (pg_current_xact_id()::text)::bigint;
-- Rows are only added, so their numbers grow with their place on disk: a few bytes for each 32 pages find the newest.
CREATE INDEX run_events_xid ON run_events USING brin (xid) WITH (pages_per_range = 32, autosummarize = on);
