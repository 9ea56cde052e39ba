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
  /** The line goes on beyond the last of them. */
  hasMoreAncestors: boolean;
  /** Its own replays, newest first. */
  replays: RunSummary[];
  hasMoreReplays: boolean;
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
  const found = await findRuns(services, { where, sort: 'created', order: 'desc', limit: MAX_REPLAYS + 1 });
  const shown = found.slice(0, MAX_REPLAYS);
  const replays = await loadSummaries(
    services,
    actor,
    shown.map((row) => row.id),
  );
  return {
    ...(await readAncestors(services, actor, run.replayOf)),
    replays: shown.flatMap((row) => replays.get(row.id) ?? []),
    hasMoreReplays: found.length > MAX_REPLAYS,
  };
}

async function readAncestors(
  services: Services,
  actor: Actor,
  first: string | null,
): Promise<Pick<Lineage, 'ancestors' | 'hasMoreAncestors'>> {
  const ancestors: RunSummary[] = [];
  let next = first;
  while (next !== null) {
    const summary: RunSummary | undefined = (await loadSummaries(services, actor, [next])).get(next);
    // Retention may have taken it: the line ends there.
    if (!summary) break;
    if (ancestors.length === MAX_ANCESTORS) return { ancestors, hasMoreAncestors: true };
    ancestors.push(summary);
    next = uuidOf(summary.replayOf);
  }
  return { ancestors, hasMoreAncestors: false };
}

/** With its dashes, as rows have it. */
function uuidOf(id: RunId | null): string | null {
  return id === null ? null : toUuid(id).replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}
