import { and, desc, eq, gt, lte } from 'drizzle-orm';
import { z } from 'zod';
import { agentHistory } from '#db/schema/index.ts';
import { inTenant } from '#db/tenant.ts';
import { idSchema, toUuid } from '#server/domain/ids.ts';
import type { AgentPresence } from '#server/domain/routing.ts';
import { type Actor, authorise } from '#server/identity/actor.ts';
import type { Services } from '../context.ts';
import { parseInput } from '../parse-input.ts';
import { getAgent } from './get.ts';

const historySchema = z.strictObject({
  id: idSchema('agent'),
  hours: z.int().min(1).max(168).default(24),
});
const HOUR_MS = 3_600_000;
/** One that comes and goes all the time: its newest changes. */
const MAX_CHANGES = 1_000;

export interface AgentHistory {
  from: Date;
  to: Date;
  /** How it was from then on until the next one, oldest first. Before the first nothing is known. */
  changes: { at: Date; state: AgentPresence }[];
}

/** Whether an agent was there, over the last hours. */
export async function readAgentHistory(
  services: Services,
  actor: Actor,
  input: z.input<typeof historySchema>,
): Promise<AgentHistory> {
  authorise(actor, 'agent.read');
  const { id, hours } = parseInput(historySchema, input);
  await getAgent(services, actor, { id });
  const to = new Date(services.now());
  const from = new Date(to.getTime() - hours * HOUR_MS);
  const { agentId, at } = agentHistory;
  const mine = eq(agentId, toUuid(id));
  const columns = { at, state: agentHistory.state };
  const [before, newest] = await inTenant(services.db, actor.orgId, async (tx) => [
    await tx
      .select(columns)
      .from(agentHistory)
      .where(and(mine, lte(at, from)))
      .orderBy(desc(at))
      .limit(1),
    await tx
      .select(columns)
      .from(agentHistory)
      .where(and(mine, gt(at, from)))
      .orderBy(desc(at))
      .limit(MAX_CHANGES + 1),
  ]);
  const within = newest.slice(0, MAX_CHANGES).reverse();
  // Between the state that it had at first and the oldest one that is told, others have been.
  const first = newest.length > MAX_CHANGES ? [] : before.map((change) => ({ ...change, at: from }));
  return { from, to, changes: [...first, ...within] };
}
