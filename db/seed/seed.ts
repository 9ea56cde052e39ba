import { canonicalDocument, contentHash } from '#server/domain/graph/canonical.ts';
import { type GraphInput, graphSchema } from '#server/domain/graph/schema.ts';
import { DEFAULT_ORG_ID, type OrgId, toUuid } from '#server/domain/ids.ts';
import type { Sql } from '../client.ts';
import { SIX_STAGES_DESCRIPTION, SIX_STAGES_NAME, sixStagesGraph } from './six-stages.ts';
import { TEMPLATES } from './templates.ts';

/** Any number that nobody else locks. */
const SEED_LOCK = 0x5167_5eed;

/** Fills a new installation. Done once: what people change or remove afterwards stays as they left it. */
export async function seed(sql: Sql, newUuid: () => string): Promise<boolean> {
  return sql.begin(async (transaction) => {
    const tx = transaction as unknown as Sql;
    await tx`SELECT pg_advisory_xact_lock(${SEED_LOCK})`;
    const [used] = await tx`SELECT 1 FROM task_dag_templates UNION ALL SELECT 1 FROM pipelines LIMIT 1`;
    if (used) return false;
    await fillOrg(tx, DEFAULT_ORG_ID, newUuid);
    return true;
  });
}

/** What an organisation begins with, the first like any other: the templates, and a pipeline that can be run at once. */
export async function fillOrg(tx: Sql, orgId: OrgId, newUuid: () => string): Promise<void> {
  await seedTemplates(tx, toUuid(orgId));
  await seedPipeline(tx, toUuid(orgId), newUuid);
}

function textOf(input: GraphInput): { text: string; hash: string } {
  const graph = graphSchema.parse(input);
  return { text: JSON.stringify(canonicalDocument(graph)), hash: contentHash(graph) };
}

async function seedTemplates(sql: Sql, org: string): Promise<void> {
  for (const { key, name, description, graph } of TEMPLATES) {
    await sql`INSERT INTO task_dag_templates (org_id, key, name, description, document)
      VALUES (${org}::text::uuid, ${key}, ${name}, ${description}, ${textOf(graph).text}::text::json)`;
  }
}

async function seedPipeline(sql: Sql, org: string, newUuid: () => string): Promise<void> {
  const { text, hash } = textOf(sixStagesGraph());
  const id = newUuid();
  await sql`INSERT INTO pipelines (id, org_id, name, description, tags)
    VALUES (${id}::text::uuid, ${org}::text::uuid, ${SIX_STAGES_NAME}, ${SIX_STAGES_DESCRIPTION}, '{sample}')`;
  await sql`INSERT INTO drafts (pipeline_id, org_id, revision, document)
    VALUES (${id}::text::uuid, ${org}::text::uuid, 1, ${text}::text::json)`;
  await sql`INSERT INTO versions (id, org_id, pipeline_id, number, graph, content_hash)
    VALUES (${newUuid()}::text::uuid, ${org}::text::uuid, ${id}::text::uuid, 1, ${text}::text::json, ${hash})`;
}
