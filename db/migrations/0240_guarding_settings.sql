-- What the settings that guard the installation were when processes of these roles last started: the audit tells when
-- they are others. Processes that share the work may listen and be reached differently, so each kind has its row.
CREATE TABLE guarding_settings (
  roles text PRIMARY KEY,
  settings json NOT NULL,
  noted_at timestamptz NOT NULL DEFAULT now()
);

-- No policy and no grant: closed to the doors' role altogether.
ALTER TABLE guarding_settings ENABLE ROW LEVEL SECURITY;
