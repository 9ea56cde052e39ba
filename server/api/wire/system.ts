import { z } from 'zod';
import { CONDITIONS, type Condition, type ConditionName } from '#server/platform/conditions.ts';
import { VERSION } from '#server/platform/version.ts';
import type { PartHealth, ShownSettings } from '#server/services/context.ts';
import type { Health } from '#server/services/system/health.ts';

const partSchema = z
  .object({
    ok: z.boolean(),
    latency_ms: z.number().nullable().describe('Null: it has not answered.'),
    note: z.string().nullable().describe('What is wrong, for those who run the installation.'),
  })
  .meta({ id: 'PartHealth' });

const conditionSchema = z
  .object({
    name: z.enum(Object.keys(CONDITIONS) as [ConditionName, ...ConditionName[]]),
    triggered: z.boolean().describe('Worse than the limit, with enough seen to say so.'),
    value: z
      .number()
      .nullable()
      .describe('A share, or what 95 of 100 do not exceed. Null: nothing was seen.'),
    limit: z.number(),
    unit: z.enum(['percent', 'ms']),
    samples: z.int(),
  })
  .meta({ id: 'HealthCondition' });

export const healthSchema = z
  .object({
    status: z.enum(['ready', 'not ready']),
    parts: z.object({
      database: partSchema,
      broker: partSchema,
      hot_state: partSchema,
      object_store: partSchema,
    }),
    conditions: z
      .array(conditionSchema)
      .describe('How the last five minutes went in the process that answers, beside what may be.'),
    processes: z
      .array(
        z.object({
          name: z.string().nullable().describe('Host, number and roles, for those who run the installation.'),
          is_this: z.boolean().describe('The one that answers.'),
          conditions: z.array(conditionSchema),
        }),
      )
      .describe(
        'The same of each process of the installation, as of some seconds ago: the one that answers first. The others are not known while the hot state is away or embedded.',
      ),
  })
  .meta({ id: 'Health' });

const presentPart = ({ ok, latencyMs, note }: PartHealth) => ({ ok, latency_ms: latencyMs, note });

const presentConditions = (conditions: readonly Condition[]) =>
  conditions.map(({ isTriggered, ...one }) => ({ ...one, triggered: isTriggered }));

export function presentHealth({ isReady, parts, processes }: Health): z.input<typeof healthSchema> {
  return {
    status: isReady ? 'ready' : 'not ready',
    parts: {
      database: presentPart(parts.database),
      broker: presentPart(parts.broker),
      hot_state: presentPart(parts.hot_state),
      object_store: presentPart(parts.object_store),
    },
    conditions: presentConditions(processes.find(({ isThis }) => isThis)?.conditions ?? []),
    processes: processes.map(({ name, isThis, conditions }) => ({
      name,
      is_this: isThis,
      conditions: presentConditions(conditions),
    })),
  };
}

const days = z.int();
export const settingsSchema = z
  .object({
    version: z.string().describe('Of the server.'),
    roles: z.array(z.string()),
    kinds: z.object({
      database: z.enum(['embedded', 'postgres']),
      broker: z.enum(['embedded', 'rabbitmq']),
      hot_state: z.enum(['embedded', 'redis']),
      object_store: z.enum(['folder', 's3']),
    }),
    payload_max_bytes: z.int(),
    payload_inline_max_bytes: z.int(),
    task_timeout_ms: z.int(),
    max_agents: z.int(),
    max_concurrent_tasks: z.int().nullable(),
    retention_days: z.object({ succeeded: days, failed: days, cancelled: days }),
    given: z
      .array(z.string())
      .describe('Names of the settings that were given to the server; all others have their defaults.'),
  })
  .meta({ id: 'Settings' });

export function presentSettings(settings: ShownSettings): z.input<typeof settingsSchema> {
  const { database, broker, hotState, objectStore } = settings.kinds;
  return {
    version: VERSION,
    roles: [...settings.roles],
    kinds: { database, broker, hot_state: hotState, object_store: objectStore },
    payload_max_bytes: settings.payloadMaxBytes,
    payload_inline_max_bytes: settings.payloadInlineMaxBytes,
    task_timeout_ms: settings.taskTimeoutMs,
    max_agents: settings.maxAgents,
    max_concurrent_tasks: settings.maxConcurrentTasks,
    retention_days: settings.retentionDays,
    given: [...settings.given],
  };
}
