import { z } from 'zod';
import { readHealth } from '#server/services/system/health.ts';
import { readSettings } from '#server/services/system/settings.ts';
import { healthSchema, presentHealth, presentSettings, settingsSchema } from '../wire/system.ts';
import { operation } from './operation.ts';

export const system = {
  health: operation({
    method: 'GET',
    path: '/api/v1/health',
    summary: 'How the server and what it leans on do',
    description:
      'Each part is asked and its answer timed. `/healthz` and `/readyz` say without a key whether the process lives and can serve, and no more.',
    input: z.strictObject({}),
    output: healthSchema,
    example: {},
    handle: async ({ services, actor }) => presentHealth(await readHealth(services, actor)),
  }),

  settings: operation({
    method: 'GET',
    path: '/api/v1/settings',
    summary: 'What this installation is set to',
    description: 'Limits and kinds; no addresses and no secrets.',
    input: z.strictObject({}),
    output: settingsSchema,
    example: {},
    handle: ({ services, actor }) => presentSettings(readSettings(services, actor)),
  }),
};
