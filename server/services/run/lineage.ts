import { z } from 'zod';
import { inTenant } from '#db/tenant.ts';
import { idSchema, type RunId, toUuid } from '#server/domain/ids.ts';
import { type Actor, authorise } from '#server/identity/actor.ts';
import type { Services } from '../context.ts';
import { parseInput } from '../parse-input.ts';
import { findRuns, loadSummaries } from './find-runs.ts';
import { loadRunRow, type RunSummary } from './run-view.ts';

const lineageSchema = z.strictObject({ id: idSchema('run') });
const MAX_ANCESTORS = 100;
const MAX_REPLAYS = 200;

export interface Lineage {
  /** What it replays, what that replayed, and so on: the nearest first. */
  ancestors: RunSummary[];
  /** Its own replays, newest first. */
  replays: RunSummary[];
}

export async function readLineage(
  services: Services,
  actor: Actor,
  input: z.input<typeof lineageSchema>,
): Promise<Lineage> {
  authorise(actor, 'run.read');
  const { id } = parseInput(lineageSchema, input);
  const run = await inTenant(services.db, actor.orgId, (tx) => loadRunRow(tx, id));
  const where = { orgUuid: toUuid(actor.orgId), replayOf: id };
  const found = await findRuns(services, { where, sort: 'created', order: 'desc', limit: MAX_REPLAYS });
  const replays = await loadSummaries(
    services,
    actor,
    found.map((row) => row.id),
  );
  const ancestors: RunSummary[] = [];
  let next: string | null = run.replayOf;
  while (next !== null && ancestors.length < MAX_ANCESTORS) {
    const summary: RunSummary | undefined = (await loadSummaries(services, actor, [next])).get(next);
    // Retention may have taken it: the line ends there.
    if (!summary) break;
    ancestors.push(summary);
    next = uuidOf(summary.replayOf);
  }
  return { ancestors, replays: found.flatMap((row) => replays.get(row.id) ?? []) };
}

/** With its dashes, as rows have it. */
function uuidOf(id: RunId | null): string | null {
  return id === null ? null : toUuid(id).replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}
