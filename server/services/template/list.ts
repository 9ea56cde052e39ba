import { and, sql } from 'drizzle-orm';
import { z } from 'zod';
import { taskDagTemplates } from '#db/schema/index.ts';
import { inTenant } from '#db/tenant.ts';
import { isJsonObject, type Json } from '#server/domain/json.ts';
import { type Actor, authorise } from '#server/identity/actor.ts';
import type { Services } from '../context.ts';
import { beyond, containing, inOrder, orderField, type Page, pageFields, toPage } from '../page.ts';
import { parseInput } from '../parse-input.ts';

export const TEMPLATE_SORTS = ['key', 'name'] as const;

const listSchema = z.strictObject({
  ...pageFields,
  limit: pageFields.limit.unwrap().default(200),
  /** A part of its name, key or description. */
  search: z.string().max(200).optional(),
  sort: z.enum(TEMPLATE_SORTS).default('key'),
  order: orderField.default('asc'),
});
const { key, name, description } = taskDagTemplates;
const SORTED = { key: sql<string>`${key}`, name: sql<string>`lower(${name})` };

export interface TemplateView {
  key: string;
  name: string;
  description: string;
  stages: number;
  capabilities: string[];
  document: Json;
}

export async function listTemplates(
  services: Services,
  actor: Actor,
  input: z.input<typeof listSchema> = {},
): Promise<Page<TemplateView>> {
  authorise(actor, 'template.read');
  const { limit, cursor, search, sort, order } = parseInput(listSchema, input);
  const paging = { limit, cursors: services.cursors, list: `templates ${sort} ${order}` };
  const after = cursor === undefined ? undefined : services.cursors.open(paging.list, cursor);
  const walk = { place: SORTED[sort], id: SORTED.key, order };
  const rows = await inTenant(services.db, actor.orgId, (tx) =>
    tx
      .select({ row: taskDagTemplates, place: walk.place })
      .from(taskDagTemplates)
      .where(and(containing(search, [key, name, description]), beyond(walk, after)))
      .orderBy(...inOrder(walk))
      .limit(limit + 1),
  );
  return toPage(rows, paging, {
    placeOf: ({ place, row }) => [place, row.key],
    toItems: ({ row }) => toView(row),
  });
}

function toView({ key, name, description, document }: typeof taskDagTemplates.$inferSelect): TemplateView {
  const types = stageTypes(document);
  return { key, name, description, document, stages: types.length, capabilities: [...new Set(types)] };
}

function stageTypes(document: Json): string[] {
  const stages = isJsonObject(document) && Array.isArray(document.stages) ? document.stages : [];
  return stages.map((stage) => (isJsonObject(stage) ? String(stage.type) : ''));
}
