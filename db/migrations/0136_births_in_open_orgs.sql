-- A run is born only in an organisation that is open. Whoever closes one holds its lock alone, and every commit with births shares it, so that
-- a start is either counted by the closing or sees it. The look comes after the lock and sees what is committed by then: a
-- statement that has waited would still see what was there when it began.
CREATE FUNCTION org_lock(org uuid) RETURNS bigint LANGUAGE sql IMMUTABLE AS $$
  SELECT hashtextextended('signalbox org ' || org::text, 0)
$$;

CREATE FUNCTION admit_births(orgs_of_births uuid[]) RETURNS boolean LANGUAGE plpgsql VOLATILE AS $$
DECLARE
  org uuid;
BEGIN
  FOREACH org IN ARRAY orgs_of_births LOOP
    PERFORM pg_advisory_xact_lock_shared(org_lock(org));
  END LOOP;
  IF EXISTS (SELECT FROM orgs WHERE id = ANY (orgs_of_births) AND closed_at IS NOT NULL) THEN
    RAISE EXCEPTION 'a run cannot begin in an organisation that is closed' USING ERRCODE = 'SB002';
  END IF;
  RETURN true;
END $$;
