-- Keys by which people sign in without a password; the private half never leaves what they are kept in.

CREATE TABLE passkeys (
  id uuid PRIMARY KEY,
  user_id uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  -- As the authenticator calls it, and its public key (COSE), both in base64url.
  credential_id text NOT NULL UNIQUE CHECK (length(credential_id) BETWEEN 1 AND 1364),
  public_key text NOT NULL,
  -- Goes up with each use; stays 0 where the authenticator does not count.
  counter bigint NOT NULL CHECK (counter >= 0),
  -- The name of this server that it was made for: at any other it shows nothing.
  host text NOT NULL,
  -- How browsers reach it; they said so themselves.
  transports json NOT NULL,
  name text NOT NULL CHECK (length(name) BETWEEN 1 AND 200),
  created_at timestamptz NOT NULL DEFAULT now(),
  last_used_at timestamptz
);
CREATE INDEX passkeys_user ON passkeys (user_id);

-- What an authenticator is asked to sign: minutes long, used once, in whichever process the answer arrives.
CREATE TABLE passkey_challenges (
  challenge_hash text PRIMARY KEY,
  -- Who wants to add one, by the session that asked. Null: somebody who signs in.
  session_id uuid REFERENCES sessions (id) ON DELETE CASCADE,
  expires_at timestamptz NOT NULL
);
CREATE INDEX passkey_challenges_expiry ON passkey_challenges (expires_at);
CREATE INDEX passkey_challenges_session ON passkey_challenges (session_id) WHERE session_id IS NOT NULL;

-- No policy and no grant: closed to the doors' role altogether.
ALTER TABLE passkeys ENABLE ROW LEVEL SECURITY;
ALTER TABLE passkey_challenges ENABLE ROW LEVEL SECURITY;

-- Whoever is a member nowhere any more leaves no keys behind: not who leaves, nor who is removed, nor whoever was in an
-- organisation that is closed.
CREATE FUNCTION forget_passkeys() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  DELETE FROM passkeys p WHERE p.user_id = OLD.user_id
    AND NOT EXISTS (SELECT FROM memberships m WHERE m.user_id = OLD.user_id);
  RETURN NULL;
END $$;
REVOKE EXECUTE ON FUNCTION forget_passkeys() FROM PUBLIC;
CREATE TRIGGER memberships_forget_passkeys AFTER DELETE ON memberships FOR EACH ROW EXECUTE FUNCTION forget_passkeys();
