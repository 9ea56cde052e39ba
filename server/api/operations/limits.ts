import { z } from 'zod';
import { readLimits } from '#server/services/system/limits.ts';
import { limitsSchema, presentLimits } from '../wire/limits.ts';
import { operation } from './operation.ts';

export const limits = {
  get: operation({
    method: 'GET',
    path: '/api/v1/limits',
    summary: 'What you may ask, and how much of it you have used',
    description: 'Rates of calls, for you; quotas of runs, for your organisation.',
    input: z.strictObject({}),
    output: limitsSchema,
    example: {},
    handle: async ({ services, actor }) => presentLimits(await readLimits(services, actor)),
  }),
};
