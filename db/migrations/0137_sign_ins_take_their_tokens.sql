-- Whoever is signed in at a server no more leaves no tokens for it behind, sealed or not: not who signs out, nor who leaves the
-- organisation, nor whoever was in one that is closed.
CREATE FUNCTION forget_sign_in_tokens() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  DELETE FROM secrets WHERE org_id = OLD.org_id
    AND name = 'mcp/oauth/' || replace(OLD.connection_id::text, '-', '') || '/' || replace(OLD.holder_id::text, '-', '');
  RETURN NULL;
END $$;
REVOKE EXECUTE ON FUNCTION forget_sign_in_tokens() FROM PUBLIC;
CREATE TRIGGER mcp_sign_ins_forget AFTER DELETE ON mcp_sign_ins FOR EACH ROW EXECUTE FUNCTION forget_sign_in_tokens();

DELETE FROM secrets s WHERE s.name ~ '^mcp/oauth/[0-9a-f]{32}/[0-9a-f]{32}$' AND NOT EXISTS (
  SELECT FROM mcp_sign_ins i WHERE i.org_id = s.org_id
    AND s.name = 'mcp/oauth/' || replace(i.connection_id::text, '-', '') || '/' || replace(i.holder_id::text, '-', ''));
