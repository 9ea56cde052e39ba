import { z } from 'zod';
import type { PartHealth, ShownSettings } from '#server/services/context.ts';
import type { Health } from '#server/services/system/health.ts';

const partSchema = z
  .object({
    ok: z.boolean(),
    latency_ms: z.number().nullable().describe('Null: it has not answered.'),
    note: z.string().nullable().describe('What is wrong, for those who run the installation.'),
  })
  .meta({ id: 'PartHealth' });

export const healthSchema = z
  .object({
    status: z.enum(['ready', 'not ready']),
    parts: z.object({
      database: partSchema,
      broker: partSchema,
      hot_state: partSchema,
      object_store: partSchema,
    }),
  })
  .meta({ id: 'Health' });

const presentPart = ({ ok, latencyMs, note }: PartHealth) => ({ ok, latency_ms: latencyMs, note });

export function presentHealth({ isReady, parts }: Health): z.input<typeof healthSchema> {
  return {
    status: isReady ? 'ready' : 'not ready',
    parts: {
      database: presentPart(parts.database),
      broker: presentPart(parts.broker),
      hot_state: presentPart(parts.hot_state),
      object_store: presentPart(parts.object_store),
    },
  };
}

const days = z.int();
export const settingsSchema = z
  .object({
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
