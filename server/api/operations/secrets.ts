import { z } from 'zod';
import { referenceTo } from '#server/domain/secret-references.ts';
import {
  deleteSecret,
  listSecrets,
  putSecret,
  SECRET_SORTS,
  secretNameSchema,
} from '#server/services/secret/secrets.ts';
import { presentSecret, secretSchema } from '../wire/audit.ts';
import { nextCursor } from '../wire/values.ts';
import { EXAMPLE } from './examples.ts';
import { orderInput, pageInput } from './fields.ts';
import { operation } from './operation.ts';

export const secrets = {
  list: operation({
    method: 'GET',
    path: '/api/v1/secrets',
    summary: 'List the names of secrets',
    description: 'No value is ever given out.',
    input: z.strictObject({
      ...pageInput,
      search: z.string().max(128).optional().describe('Part of its name.'),
      sort: z.enum(SECRET_SORTS).optional().describe('Left out: `name`.'),
      order: orderInput,
    }),
    output: z.object({ secrets: z.array(secretSchema), next_cursor: nextCursor }),
    example: {},
    async handle({ services, actor }, input) {
      const page = await listSecrets(services, actor, input);
      return { secrets: page.items.map(presentSecret), next_cursor: page.nextCursor };
    },
  }),

  put: operation({
    method: 'PUT',
    path: '/api/v1/secrets/{name}',
    summary: 'Store a secret',
    description: `In place of the value that was there, if there was one. MCP connections whose headers or variables name it as ${referenceTo('NAME')} go on with the new value.`,
    input: z.strictObject({ name: secretNameSchema, value: z.string().min(1).max(65_536) }),
    output: secretSchema,
    errors: ['CONFLICT'],
    example: { name: 'webhooks.signing', value: 'correct horse battery staple' },
    handle: async ({ services, actor }, input) => presentSecret(await putSecret(services, actor, input)),
  }),

  delete: operation({
    method: 'DELETE',
    path: '/api/v1/secrets/{name}',
    summary: 'Delete a secret',
    description: 'One that MCP connections use is not deleted (409).',
    input: z.strictObject({ name: secretNameSchema }),
    output: z.undefined(),
    status: 204,
    errors: ['NOT_FOUND', 'CONFLICT'],
    example: { name: EXAMPLE.secret },
    handle: ({ services, actor }, input) => deleteSecret(services, actor, input).then(() => undefined),
  }),
};
