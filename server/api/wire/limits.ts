import { z } from 'zod';
import type { LimitsView } from '#server/services/system/limits.ts';

export const limitsSchema = z.object({
  rates: z
    .array(
      z.object({
        name: z.string().describe('As in the headers `RateLimit` and `RateLimit-Policy`.'),
        limit: z.int().describe('Calls in a window, and at once.'),
        window: z.number().describe('Seconds.'),
        left: z.int().describe('Calls that would be answered at once.'),
        full_in: z.int().describe('Seconds until all of them are there again.'),
      }),
    )
    .describe('Empty for those who are not limited.'),
  quotas: z
    .array(
      z.object({
        name: z.enum(['runs_per_day', 'runs_per_key_minute', 'runs_in_flight']),
        limit: z.int(),
        used: z.int(),
        resets_at: z.iso.datetime().nullable().describe('Null: there is room again when a run ends.'),
      }),
    )
    .describe('Those that are set.'),
});

export function presentLimits({ rates, quotas }: LimitsView): z.input<typeof limitsSchema> {
  return {
    rates: rates.map(({ policy, limit, windowSeconds, left, fullInSeconds }) => ({
      ...{ name: policy, limit, window: windowSeconds, left, full_in: fullInSeconds },
    })),
    quotas: quotas.map(({ name, limit, used, resetsAt }) => ({
      ...{ name, limit, used, resets_at: resetsAt?.toISOString() ?? null },
    })),
  };
}
