-- People on their way to a provider and back: minutes long, used once. Only the browser that began may come back.
CREATE TABLE sign_in_flows (
  state_hash text PRIMARY KEY,
  browser_hash text NOT NULL,
  provider text NOT NULL,
  nonce text NOT NULL,
  code_verifier text NOT NULL,
  redirect_uri text NOT NULL,
  next text NOT NULL,
  -- The invitation that they come with.
  link_hash text,
  -- Who is signed in and wants to be known by the provider too.
  user_id uuid REFERENCES users (id) ON DELETE CASCADE,
  expires_at timestamptz NOT NULL
);
CREATE INDEX sign_in_flows_expiry ON sign_in_flows (expires_at);
-- No policy and no grant: closed to the doors' role altogether.
ALTER TABLE sign_in_flows ENABLE ROW LEVEL SECURITY;
