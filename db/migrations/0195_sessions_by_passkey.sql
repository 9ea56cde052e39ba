-- Which passkey opened a session: they end together. Null where something else did, or before it was written down. It
-- refers to nothing: the session in which a passkey is removed stays, and so does what is written here.
ALTER TABLE sessions ADD COLUMN passkey_id uuid;
