import { z } from 'zod';
import { RUN_STATUSES } from '#server/domain/statuses.ts';
import type { Home } from '#server/services/analytics/home.ts';
import type { RunFilter } from '#server/services/run/run-filter.ts';
import { agentFilterWord, filterWordOf } from './agent.ts';
import { figuresSchema, pointSchema, presentFigures, presentPoint } from './analytics.ts';
import { limitsSchema, presentLimits } from './limits.ts';
import { presentQueue, queueSchema } from './queue.ts';
import { isoTime, time } from './values.ts';

const countedRuns = z.object({
  count: z.int().describe('10000 stands for so many and more.'),
  filter: z
    .object({
      status: z.array(z.enum(RUN_STATUSES)),
      finished_after: z.iso.datetime({ offset: true }).optional(),
      min_waiting_ms: z.number().optional(),
    })
    .describe('Under which `GET /api/v1/runs` lists just these.'),
});

export const homeSchema = z.object({
  at: time,
  running: countedRuns,
  failed: countedRuns.describe('In the last 24 hours.'),
  stuck: countedRuns.describe('A task has waited for an agent for longer than five minutes.'),
  agents: z
    .object({
      down: z.int().describe('Quarantined, failing, stale or offline.'),
      each: z
        .object({ quarantined: z.int(), failing: z.int(), stale: z.int(), offline: z.int() })
        .describe('How many of those are how.'),
      filter: z.object({ status: z.array(agentFilterWord) }),
      all: z.int(),
    })
    .nullable()
    .describe('Null: not for you to see.'),
  queues: z.array(queueSchema).nullable().describe('Those that hold messages, oldest first.'),
  dead_letters: z.int().nullable().describe('500 stands for so many and more.'),
  quotas: limitsSchema.shape.quotas,
  of_last_day: figuresSchema.describe('Of the last 24 hours together.'),
  last_day: z.array(pointSchema).describe('The same hour by hour, or finer.'),
  first_steps: z.object({ has_run: z.boolean(), has_agent: z.boolean() }),
});

const presentCount = ({ count, filter }: { count: number; filter: RunFilter }) => ({
  count,
  filter: {
    status: filter.status ?? [],
    ...(filter.finishedAfter === undefined ? {} : { finished_after: filter.finishedAfter }),
    ...(filter.minWaitingMs === undefined ? {} : { min_waiting_ms: filter.minWaitingMs }),
  },
});

export function presentHome(home: Home): z.input<typeof homeSchema> {
  const { agents, queues, firstSteps } = home;
  return {
    at: isoTime(home.at),
    running: presentCount(home.running),
    failed: presentCount(home.failed),
    stuck: presentCount(home.stuck),
    agents: agents && {
      down: agents.down.count,
      each: agents.down.each,
      filter: { status: agents.down.filter.states.map(filterWordOf) },
      all: agents.all,
    },
    queues: queues?.map(presentQueue) ?? null,
    dead_letters: home.deadLetters,
    quotas: presentLimits({ rates: [], quotas: home.quotas }).quotas,
    of_last_day: presentFigures(home.ofLastDay),
    last_day: home.lastDay.map(presentPoint),
    first_steps: { has_run: firstSteps.hasRun, has_agent: firstSteps.hasAgent },
  };
}
