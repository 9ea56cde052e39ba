-- Those of runs that are there already. In a transaction of its own: it takes as long as they are many, and holds up nobody.
INSERT INTO run_labels (org_id, label, run_id)
SELECT org_id, label, id FROM runs, unnest(labels) AS label WHERE labels IS NOT NULL
ORDER BY org_id, label, id
ON CONFLICT DO NOTHING;
