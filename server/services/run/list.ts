import { z } from 'zod';
import { type Actor, authorise } from '#server/identity/actor.ts';
import type { Services } from '../context.ts';
import { type Page, pageFields, toPage } from '../page.ts';
import { parseInput } from '../parse-input.ts';
import { findPage, loadSummaries } from './find-runs.ts';
import { RUN_SORTS } from './run-conditions.ts';
import { resolveFilterAlone, runFilterFields } from './run-filter.ts';
import type { RunSummary } from './run-view.ts';

const listSchema = z.strictObject({
  ...pageFields,
  ...runFilterFields,
  /** By the end or the duration: only runs that have ended. */
  sort: z.enum(RUN_SORTS).default('created'),
  order: z.enum(['desc', 'asc']).default('desc'),
});

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
