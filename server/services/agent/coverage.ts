import { sql } from 'drizzle-orm';
import { inTenant } from '#db/tenant.ts';
import { fromUuid, type PipelineId } from '#server/domain/ids.ts';
import { isServing } from '#server/domain/routing.ts';
import { type Actor, authorise } from '#server/identity/actor.ts';
import type { Services } from '../context.ts';
import { loadAgents } from './list.ts';

const SHOWN_PIPELINES = 5;

export interface Coverage {
  capability: string;
  /** Agents that offer it. */
  agents: number;
  /** Those of them that are given work. */
  serving: number;
  /** Published pipelines in use whose newest version asks for it, and some of them by name. */
  pipelineCount: number;
  pipelines: { id: PipelineId; name: string }[];
}

interface Row extends Record<string, unknown> {
  capability: string;
  count: number;
  pipelines: { id: string; name: string }[];
}

/** What pipelines need and agents offer, by name: where the first has nobody, a run would wait. */
export async function listCoverage(services: Services, actor: Actor): Promise<Coverage[]> {
  authorise(actor, 'agent.read');
  authorise(actor, 'pipeline.read');
  const [agents, rows] = await Promise.all([
    loadAgents(services, actor),
    inTenant(services.db, actor.orgId, (tx) =>
      tx.execute<Row>(sql`SELECT needed.capability, count(*)::int AS count,
          to_json((array_agg(json_build_object('id', needed.id, 'name', needed.name) ORDER BY lower(needed.name)))[1:${sql.raw(String(SHOWN_PIPELINES))}]) AS pipelines
        FROM (SELECT p.id, p.name, unnest(coalesce(v.capabilities, ARRAY(
              SELECT DISTINCT s ->> 'type' FROM json_array_elements(v.graph -> 'stages') AS s))) AS capability
            FROM pipelines p CROSS JOIN LATERAL (SELECT graph, capabilities FROM versions
              WHERE pipeline_id = p.id ORDER BY number DESC LIMIT 1) AS v
            WHERE p.archived_at IS NULL AND p.org_id = (SELECT current_org())) AS needed
        GROUP BY needed.capability`),
    ),
  ]);
  const byName = new Map<string, Coverage>();
  const of = (capability: string): Coverage => {
    const known = byName.get(capability) ?? {
      ...{ capability, agents: 0, serving: 0 },
      ...{ pipelineCount: 0, pipelines: [] },
    };
    byName.set(capability, known);
    return known;
  };
  for (const { capability, count, pipelines } of rows) {
    const entry = of(capability);
    entry.pipelineCount = count;
    entry.pipelines = pipelines.map(({ id, name }) => ({ id: fromUuid('pipe', id), name }));
  }
  for (const { capabilities, state } of agents) {
    for (const capability of capabilities) {
      const entry = of(capability);
      entry.agents += 1;
      if (isServing(state)) entry.serving += 1;
    }
  }
  return [...byName.values()].sort((a, b) => a.capability.localeCompare(b.capability));
}
