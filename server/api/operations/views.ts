import { z } from 'zod';
import { listViews, removeView, saveView, viewFields } from '#server/services/view/views.ts';
import { operation } from './operation.ts';

const viewSchema = z
  .object({ name: z.string(), query: z.string().describe('As it stands in the address of the list.') })
  .meta({ id: 'View' });

const example = { place: 'runs', name: 'failed today' } as const;

export const views = {
  list: operation({
    method: 'GET',
    path: '/api/v1/views/{place}',
    summary: 'List the views of a list that you saved',
    input: z.strictObject({ place: viewFields.place }),
    output: z.object({ views: z.array(viewSchema) }),
    example: { place: 'runs' },
    handle: async ({ services, actor }, input) => ({ views: await listViews(services, actor, input) }),
  }),

  save: operation({
    method: 'PUT',
    path: '/api/v1/views/{place}/{name}',
    summary: 'Save a view of a list',
    description: 'For whoever asks; nobody else sees it. One of that name is replaced.',
    input: z.strictObject(viewFields),
    output: viewSchema,
    errors: ['CONFLICT'],
    example: { ...example, query: 'status=failed&created=24h' },
    handle: ({ services, actor }, input) => saveView(services, actor, input),
  }),

  remove: operation({
    method: 'DELETE',
    path: '/api/v1/views/{place}/{name}',
    summary: 'Remove a view of a list',
    input: z.strictObject({ place: viewFields.place, name: viewFields.name }),
    output: z.undefined(),
    status: 204,
    example,
    handle: ({ services, actor }, input) => removeView(services, actor, input).then(() => undefined),
  }),
};
