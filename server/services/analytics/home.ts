import { sql } from 'drizzle-orm';
import { agents as agentsTable, runs as runsTable } from '#db/schema/index.ts';
import { findIds, inTenant } from '#db/tenant.ts';
import {
  conditionOf,
  type LastHour,
  UNWELL_CONDITIONS,
  type UnwellCondition,
} from '#server/domain/agent-condition.ts';
import { DAY_MS } from '#server/domain/analytics/levels.ts';
import type { AgentId } from '#server/domain/ids.ts';
import { isRunActive, isRunFailure, RUN_STATUSES } from '#server/domain/statuses.ts';
import { type Actor, authorise, may } from '#server/identity/actor.ts';
import type { QuotaUse } from '#server/identity/limits/quotas.ts';
import { readLastHour } from '../agent/activity.ts';
import { type AgentListItem, loadAgents } from '../agent/list.ts';
import type { Services } from '../context.ts';
import { listDeadLetters } from '../queue/dead-letters.ts';
import { listQueues, type QueueView } from '../queue/list.ts';
import type { RunQuery } from '../run/run-conditions.ts';
import { type RunFilter, resolveFilterAlone } from '../run/run-filter.ts';
import { selectRunIds } from '../run/run-query.ts';
import type { Figures, Point } from './overview.ts';
import { readOverview } from './overview.ts';

/** A number, and the filter under which a list shows just what it counts. */
export interface Counted<Filter> {
  /** Up to `MAX_COUNT`. */
  count: number;
  filter: Filter;
}

export interface Home {
  at: Date;
  running: Counted<RunFilter>;
  /** In the last 24 hours. */
  failed: Counted<RunFilter>;
  /** Of those that are running: a task has waited for an agent for longer than five minutes. */
  stuck: Counted<RunFilter>;
  /** Null: not for this actor. */
  agents: {
    down: Counted<{ states: UnwellCondition[] }> & { each: Record<UnwellCondition, number> };
    all: number;
  } | null;
  queues: QueueView[] | null;
  /** Up to `MAX_LETTERS`. */
  deadLetters: number | null;
  quotas: QuotaUse[];
  /** Of the whole last day: its percentiles are no sum of those of its hours. */
  ofLastDay: Figures;
  lastDay: Point[];
  firstSteps: { hasRun: boolean; hasAgent: boolean };
}

/** Past it nobody reads a number: it is shown as so many and more. */
export const MAX_COUNT = 10_000;
/** They lie in the broker too, which shows them one by one. */
const MAX_LETTERS = 500;
/** Those with the oldest messages. */
const QUEUES = 10;
const STUCK_MS = 300_000;
const SPARKS = 48;

/** Whoever looks at the same moment asks the database the same, which then reads it once. */
const minuteOf = (ms: number): number => ms - (ms % 60_000);

/** What somebody who keeps the panel open wants to know first. */
export async function readHome(services: Services, actor: Actor): Promise<Home> {
  authorise(actor, 'run.read');
  const now = services.now();
  const running = RUN_STATUSES.filter(isRunActive);
  const failed = {
    status: RUN_STATUSES.filter(isRunFailure),
    finishedAfter: new Date(minuteOf(now - DAY_MS)).toISOString(),
  };
  const countBy = async (filter: RunFilter): Promise<Counted<RunFilter>> => ({
    count: await countRuns(services, actor, filter),
    filter,
  });
  const [quotas, overview, ...counts] = await Promise.all([
    services.quotas.look(actor),
    readOverview(services, actor, { buckets: SPARKS + 1 }),
    countBy({ status: running }),
    countBy(failed),
    countBy({ status: running, minWaitingMs: STUCK_MS }),
  ]);
  const [ofRunning, ofFailed, ofStuck] = counts;
  return {
    at: new Date(now),
    ...{ running: ofRunning, failed: ofFailed, stuck: ofStuck },
    ...(await readOperations(services, actor)),
    quotas,
    ofLastDay: { runs: overview.runs, tasks: overview.tasks },
    lastDay: overview.series,
    firstSteps: await readFirstSteps(services, actor),
  };
}

/** Each part for those who may see the list that it counts. */
async function readOperations(services: Services, actor: Actor) {
  const [agents, hours, queues, letters] = await Promise.all([
    may(actor, 'agent.read') ? loadAgents(services, actor) : null,
    may(actor, 'agent.read') ? readLastHour(services, actor) : null,
    may(actor, 'queue.read')
      ? listQueues(services, actor, { busy: true, sort: 'oldest', order: 'desc', limit: QUEUES })
      : null,
    may(actor, 'queue.inspect') ? listDeadLetters(services, actor, { limit: MAX_LETTERS }) : null,
  ]);
  return {
    agents: agents && { down: countUnwell(agents, hours ?? new Map()), all: agents.length },
    queues: queues?.items ?? null,
    deadLetters: letters?.items.length ?? null,
  };
}

/** How many are in each of the conditions that want a look, and all of those together. */
function countUnwell(agents: readonly AgentListItem[], hours: ReadonlyMap<AgentId, LastHour>) {
  const each = { quarantined: 0, failing: 0, stale: 0, offline: 0 } satisfies Record<UnwellCondition, number>;
  const conditions = agents.map(({ id, state }) => conditionOf(state, hours.get(id)));
  for (const wanted of UNWELL_CONDITIONS)
    each[wanted] = conditions.filter((condition) => condition === wanted).length;
  const count = Object.values(each).reduce((sum, of) => sum + of, 0);
  return { count, each, filter: { states: [...UNWELL_CONDITIONS] } };
}

/** As many as the list would show under this filter: it is the list's own query. */
async function countRuns(services: Services, actor: Actor, filter: RunFilter): Promise<number> {
  const where = await resolveFilterAlone(services, actor, filter);
  // By their end, where the filter is about that: the index on it leads to the newest days.
  const sort = filter.finishedAfter === undefined ? 'created' : 'finished';
  const query: RunQuery = { where, sort, order: 'desc', limit: MAX_COUNT };
  const [row] = await findIds(services.db, (tx) =>
    tx.execute<{ count: number }>(sql`SELECT count(*)::int AS count FROM (${selectRunIds(query)}) AS found`),
  );
  return row?.count ?? 0;
}

async function readFirstSteps(services: Services, actor: Actor): Promise<Home['firstSteps']> {
  return inTenant(services.db, actor.orgId, async (tx) => {
    const [run] = await tx.select({ id: runsTable.id }).from(runsTable).limit(1);
    // Agents of the server's own are there from the start.
    const [agent] = await tx
      .select({ id: agentsTable.id })
      .from(agentsTable)
      .where(sql`${agentsTable.transport} <> 'local'`)
      .limit(1);
    return { hasRun: run !== undefined, hasAgent: agent !== undefined };
  });
}
