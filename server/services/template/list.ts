import { taskDagTemplates } from '#db/schema/index.ts';
import { inTenant } from '#db/tenant.ts';
import { isJsonObject, type Json } from '#server/domain/json.ts';
import { type Actor, authorise } from '#server/identity/actor.ts';
import type { Services } from '../context.ts';

export interface TemplateView {
  key: string;
  name: string;
  description: string;
  stages: number;
  capabilities: string[];
  document: Json;
}

export async function listTemplates(services: Services, actor: Actor): Promise<TemplateView[]> {
  authorise(actor, 'template.read');
  const rows = await inTenant(services.db, actor.orgId, (tx) =>
    tx.select().from(taskDagTemplates).orderBy(taskDagTemplates.key),
  );
  return rows.map(({ key, name, description, document }) => {
    const types = stageTypes(document);
    return { key, name, description, document, stages: types.length, capabilities: [...new Set(types)] };
  });
}

function stageTypes(document: Json): string[] {
  const stages = isJsonObject(document) && Array.isArray(document.stages) ? document.stages : [];
  return stages.map((stage) => (isJsonObject(stage) ? String(stage.type) : ''));
}
