-- A session is a member's: it ends in the commit that takes the membership away, whoever dies afterwards.
DELETE FROM sessions s WHERE NOT EXISTS (
  SELECT FROM memberships m WHERE m.org_id = s.org_id AND m.user_id = s.user_id);
ALTER TABLE sessions ADD CONSTRAINT sessions_member
  FOREIGN KEY (org_id, user_id) REFERENCES memberships (org_id, user_id) ON DELETE CASCADE;
