import { z } from 'zod';
import { inTenant } from '#db/tenant.ts';
import { TASK_SHAPE } from '#server/domain/analytics/ledger.ts';
import { type AgentId, fromUuid } from '#server/domain/ids.ts';
import { type Actor, authorise } from '#server/identity/actor.ts';
import { loadAgents } from '../agent/list.ts';
import type { Services } from '../context.ts';
import { parseInput } from '../parse-input.ts';
import { type Share, shareOf, type TaskFigures, taskFigures } from './figures.ts';
import { pickRange } from './overview.ts';
import { readRollups, type Sum } from './read-rollups.ts';
import { readScope, type Scope, scopeFields } from './scope.ts';

const agentsSchema = z.strictObject(scopeFields);

export interface AgentFigures extends Omit<TaskFigures, 'retries' | 'success'> {
  agentId: AgentId;
  /** Null: it is registered no longer. */
  name: string | null;
  instance: string | null;
  /** Hand-outs that it kept. */
  attempts: number;
  /** Hand-outs that ended well, of all that it kept. */
  success: Share;
  failedAttempts: number;
  before: Pick<TaskFigures, 'tasks' | 'wait' | 'time'> & { success: Share };
}

export interface AgentsView extends Pick<Scope, 'range' | 'previous' | 'timeZone' | 'countedUntil'> {
  agents: AgentFigures[];
}

type AgentSum = Sum<typeof TASK_SHAPE, 'agent_id'>;

/** How agents compare, those first that did most. */
export async function compareAgents(
  services: Services,
  actor: Actor,
  input: z.input<typeof agentsSchema>,
): Promise<AgentsView> {
  authorise(actor, 'run.read');
  authorise(actor, 'agent.read');
  const wanted = parseInput(agentsSchema, input);
  const known = new Map((await loadAgents(services, actor)).map((agent) => [agent.id, agent]));
  return inTenant(services.db, actor.orgId, async (tx) => {
    const scope = await readScope(tx, actor, { input: wanted, now: services.now() });
    const sums: AgentSum[] = await readRollups(tx, {
      ...{ shape: TASK_SHAPE, where: scope.ofTasks, sealed: scope.sealed },
      stretches: [scope.previous, scope.range],
      by: ['agent_id'],
    });
    const before = new Map(
      sums.filter(({ place }) => place === 0).map((sum) => [sum.of.agent_id, figuresOf(sum)]),
    );
    const agents = sums.flatMap((sum): AgentFigures[] => {
      if (sum.place === 0 || sum.of.agent_id === null) return [];
      const agentId = fromUuid('agent', sum.of.agent_id);
      const { name = null, instance = null } = known.get(agentId) ?? {};
      const earlier = before.get(sum.of.agent_id) ?? NOTHING;
      return [{ agentId, name, instance, ...figuresOf(sum), before: earlier }];
    });
    return { ...pickRange(scope), agents: agents.sort((a, b) => b.attempts - a.attempts) };
  });
}

function figuresOf(sum: AgentSum): Omit<AgentFigures, 'agentId' | 'name' | 'instance' | 'before'> {
  const { retries: _, ...figures } = taskFigures(sum);
  const { attempts, failed_attempts: failedAttempts } = sum.counts;
  return { ...figures, attempts, failedAttempts, success: shareOf(figures.succeeded, attempts) };
}

const NO_SPREAD = { count: 0, p50: null, p95: null, p99: null };
const NOTHING: AgentFigures['before'] = {
  ...{ tasks: 0, wait: NO_SPREAD, time: NO_SPREAD },
  success: shareOf(0, 0),
};
