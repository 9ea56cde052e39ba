-- The first organisation began with templates, and those that were made later with none. From now on each begins with
-- them; whoever is here already gets those that it has not got.
INSERT INTO task_dag_templates (org_id, key, name, description, document)
SELECT o.id, t.key, t.name, t.description, t.document
FROM task_dag_templates t CROSS JOIN orgs o
WHERE t.org_id = '00000000-0000-7000-8000-000000000001'::uuid AND o.closed_at IS NULL
ON CONFLICT DO NOTHING;
