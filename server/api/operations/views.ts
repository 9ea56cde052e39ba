import { z } from 'zod';
import { listViews, removeView, saveView, viewFields } from '#server/services/view/views.ts';
import { operation } from './operation.ts';

const viewSchema = z
  .object({
    name: z.string(),
    query: z.string().describe('As it stands in the address of the list.'),
    shared: z.boolean().describe('Everybody in the organisation sees it.'),
    mine: z.boolean().describe('You made it.'),
    maker: z.string().nullable().describe('Who made it, while they are a member.'),
  })
  .meta({ id: 'View' });

const example = { place: 'runs', name: 'failed today' } as const;

export const views = {
  list: operation({
    method: 'GET',
    path: '/api/v1/views/{place}',
    summary: 'List the views of a list that you saved, and those that others share',
    input: z.strictObject({ place: viewFields.place }),
    output: z.object({ views: z.array(viewSchema) }),
    example: { place: 'runs' },
    handle: async ({ services, actor }, input) => ({ views: await listViews(services, actor, input) }),
  }),

  save: operation({
    method: 'PUT',
    path: '/api/v1/views/{place}/{name}',
    summary: 'Save a view of a list',
    description:
      'For whoever asks, or with `shared` for everybody in the organisation. One of that name is replaced; one that somebody else shares only by an owner or admin.',
    input: z.strictObject({ ...viewFields, shared: z.boolean().optional() }),
    output: viewSchema,
    errors: ['CONFLICT'],
    example: { ...example, query: 'status=failed&created=24h' },
    handle: ({ services, actor }, input) => saveView(services, actor, input),
  }),

  remove: operation({
    method: 'DELETE',
    path: '/api/v1/views/{place}/{name}',
    summary: 'Remove a view of a list',
    input: z.strictObject({
      place: viewFields.place,
      name: viewFields.name,
      shared: z.boolean().optional().describe('The one of that name that everybody sees.'),
    }),
    output: z.undefined(),
    status: 204,
    example,
    handle: ({ services, actor }, input) => removeView(services, actor, input).then(() => undefined),
  }),
};
