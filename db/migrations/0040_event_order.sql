-- Which transaction wrote a row. With a snapshot of the server (pg_current_snapshot) it says exactly which events were
-- committed since, whatever order concurrent commits ended in; no clock can. Rows from before get this one's number.
ALTER TABLE run_events ADD COLUMN xid bigint NOT NULL DEFAULT (pg_current_xact_id()::text)::bigint;
-- Numbers only grow, so a new row always joins the index at its end, and those of one commit share an entry.
CREATE INDEX run_events_xid ON run_events (xid);
