import { z } from 'zod';
import { type Actor, authorise } from '#server/identity/actor.ts';
import type { Services } from '../context.ts';
import { type Page, pageFields, toPage } from '../page.ts';
import { parseInput } from '../parse-input.ts';
import { findPage, loadSummaries } from './find-runs.ts';
import { RUN_SORTS } from './run-conditions.ts';
import { resolveFilterAlone, runFilterFields } from './run-filter.ts';
import type { RunSummary } from './run-view.ts';

const countSchema = z.strictObject(runFilterFields);
const listSchema = z.strictObject({
  ...pageFields,
  ...runFilterFields,
  /** By the end or the duration: only runs that have ended. */
  sort: z.enum(RUN_SORTS).default('created'),
  order: z.enum(['desc', 'asc']).default('desc'),
});

/** Past it nobody reads a number: it is shown as so many and more. */
export const MAX_COUNTED = 10_000;

export interface RunCount {
  /** Up to `MAX_COUNTED`. */
  count: number;
  /** There are more, or there may be: as far as one request looks. */
  isMore: boolean;
}

/** How many the list would show under this filter, at the cost of one page of it. */
export async function countListedRuns(
  services: Services,
  actor: Actor,
  input: z.input<typeof countSchema>,
): Promise<RunCount> {
  authorise(actor, 'run.read');
  const where = await resolveFilterAlone(services, actor, parseInput(countSchema, input));
  const query = { where, sort: 'created', order: 'desc', limit: MAX_COUNTED + 1 } as const;
  const { found, rest } = await findPage(services, query);
  return { count: Math.min(found.length, MAX_COUNTED), isMore: found.length > MAX_COUNTED || rest !== null };
}

/** Newest first, unless asked otherwise. */
export async function listRuns(
  services: Services,
  actor: Actor,
  input: z.input<typeof listSchema>,
): Promise<Page<RunSummary>> {
  authorise(actor, 'run.read');
  const { limit, cursor, sort, order, ...filter } = parseInput(listSchema, input);
  const list = `runs ${sort} ${order}`;
  const after = cursor === undefined ? undefined : services.cursors.open(list, cursor);
  const where = await resolveFilterAlone(services, actor, filter);
  const query = { where, sort, order, limit: limit + 1, ...(after ? { after } : {}) };
  const { found, rest } = await findPage(services, query);
  const summaries = await loadSummaries(
    services,
    actor,
    found.slice(0, limit).map(({ id }) => id),
  );
  return toPage(
    found,
    { limit, cursors: services.cursors, list, rest },
    {
      placeOf: ({ id, place }) => (place === null ? [id] : [place, id]),
      // A run that retention took in between is left out.
      toItems: ({ id }) => summaries.get(id) ?? [],
    },
  );
}
