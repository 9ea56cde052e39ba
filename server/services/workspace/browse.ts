import { z } from 'zod';
import type { Lease } from '#db/queries/workspace-leases.ts';
import type {
  Activity,
  HistoryEntry,
  ListedFile,
  Overview,
  StepEntry,
} from '#server/agents/workspace/browse.ts';
import type { Collaborator } from '#server/agents/workspace/talk.ts';
import { invalid } from '#server/domain/errors.ts';
import type { WorkspaceLimits } from '#server/domain/workspace/limits.ts';
import { type Actor, authoriseAnywhere } from '#server/identity/actor.ts';
import { refuseWithdrawn } from '#server/identity/withdrawn.ts';
import type { Services } from '../context.ts';
import { type Page, pageFields, toPage } from '../page.ts';
import { parseInput } from '../parse-input.ts';
import { replayVersionSchema, stagesKept } from '../run/replay.ts';
import { globSchema, pathSchema, placeOf, whereFields } from './admit.ts';

const whereSchema = z.strictObject(whereFields);
const listSchema = z.strictObject({
  ...whereFields,
  ...pageFields,
  glob: globSchema.optional(),
  /** As a replay would find them that begins with this stage. */
  beforeStage: z.string().min(1).max(63).optional(),
  /** Of which version that stage is, and the replay; left out: the run's own. */
  replayVersion: replayVersionSchema.optional(),
});
const fileSchema = z.strictObject({ ...whereFields, path: pathSchema });
const historySchema = z.strictObject({ ...whereFields, ...pageFields, path: pathSchema.optional() });
const sinceSchema = z.strictObject({
  ...whereFields,
  /** The last number seen. */
  after: z.int().min(0).default(0),
  limit: z.int().min(1).max(500).default(100),
});
const activitySchema = sinceSchema.extend({
  /** How long to wait for something to happen. */
  waitMs: z.int().min(0).max(25_000).default(0),
});

export async function getWorkspace(
  services: Services,
  actor: Actor,
  input: z.input<typeof whereSchema>,
): Promise<WorkspaceView> {
  authoriseAnywhere(actor, 'workspace.read');
  const { of } = parseInput(whereSchema, input);
  const { browse, leases, talk, limits } = services.workspaces;
  const place = await placeOf(services, actor, of);
  const { collaborators, more } = await talk.company(place);
  return {
    ...(await browse.overview(place)),
    limits,
    claims: await leases.list(place),
    collaborators,
    moreCollaborators: more,
  };
}

/** How it stands, with who is there and what they hold. */
export interface WorkspaceView extends Overview {
  limits: WorkspaceLimits;
  claims: Lease[];
  collaborators: Collaborator[];
  /** So many came earlier and are not listed. */
  moreCollaborators: number;
}

/** By name. */
export async function listFiles(
  services: Services,
  actor: Actor,
  input: z.input<typeof listSchema>,
): Promise<Page<ListedFile>> {
  authoriseAnywhere(actor, 'workspace.read');
  const { of, limit, cursor, glob, beforeStage: from, replayVersion } = parseInput(listSchema, input);
  if (from === undefined && replayVersion !== undefined)
    throw invalid('A version of a replay was named, and no stage that it begins with: name both.');
  const version = replayVersion ?? 'original';
  const place = await placeOf(services, actor, of);
  const kept = from === undefined ? undefined : await stagesKept(services, place, { from, version });
  const list = `workspace files ${place.runId} ${from ?? ''} ${version}`;
  const paging = { limit, cursors: services.cursors, list };
  const [after] = cursor === undefined ? [] : services.cursors.open(paging.list, cursor);
  const rows = await services.workspaces.browse.list(place, { glob, after, limit, kept });
  return toPage(rows, paging, { placeOf: ({ path }) => [path], toItems: (row) => row });
}

/** Newest first. */
export async function listHistory(
  services: Services,
  actor: Actor,
  input: z.input<typeof historySchema>,
): Promise<Page<HistoryEntry>> {
  authoriseAnywhere(actor, 'workspace.read');
  const { of, limit, cursor, path } = parseInput(historySchema, input);
  const place = await placeOf(services, actor, of);
  const paging = { limit, cursors: services.cursors, list: `workspace history ${place.runId} ${path ?? ''}` };
  const [seq, last] = cursor === undefined ? [] : services.cursors.open(paging.list, cursor);
  const before = seq === undefined || last === undefined ? undefined : { seq: Number(seq), path: last };
  const rows = await services.workspaces.browse.history(place, { path, before, limit });
  return toPage(rows, paging, { placeOf: (row) => [String(row.seq), row.path], toItems: (row) => row });
}

export async function listSteps(
  services: Services,
  actor: Actor,
  input: z.input<typeof sinceSchema>,
): Promise<StepEntry[]> {
  authoriseAnywhere(actor, 'workspace.read');
  const { of, ...wanted } = parseInput(sinceSchema, input);
  return services.workspaces.browse.steps(await placeOf(services, actor, of), wanted);
}

/** What happened after a number; waits for it for a while, if that is asked. */
export async function followActivity(
  services: Services,
  actor: Actor,
  { input, signal }: { input: z.input<typeof activitySchema>; signal?: AbortSignal },
): Promise<Activity[]> {
  authoriseAnywhere(actor, 'workspace.read');
  const { of, waitMs, ...wanted } = parseInput(activitySchema, input);
  const place = await placeOf(services, actor, of);
  const look = () => services.workspaces.browse.activity(place, wanted);
  if (waitMs === 0) return look();
  const order = { look, waitMs, ...(signal ? { signal } : {}) };
  const found = await services.workspaces.changes.waitFor(place, order);
  refuseWithdrawn(signal);
  return found;
}

/** Calls `changed` when something happens in it, now and then once too often. Answers with how to stop. */
export async function watchWorkspace(
  services: Services,
  actor: Actor,
  { of, changed }: { of: string; changed(): void },
): Promise<() => void> {
  authoriseAnywhere(actor, 'workspace.read');
  const place = await placeOf(services, actor, parseInput(whereSchema, { of }).of);
  return services.workspaces.changes.watch(place, changed);
}

/** The same for one file alone: also for one that is not there yet. */
export async function watchFile(
  services: Services,
  actor: Actor,
  { changed, ...input }: z.input<typeof fileSchema> & { changed(): void },
): Promise<() => void> {
  authoriseAnywhere(actor, 'workspace.read');
  const { of, path } = parseInput(fileSchema, input);
  const place = await placeOf(services, actor, of);
  const { browse, changes } = services.workspaces;
  let known: number | undefined;
  const look = async () => {
    const [newest] = await browse.history(place, { path, limit: 1 });
    const before = known;
    known = newest?.seq ?? 0;
    if (before !== undefined && known !== before) changed();
  };
  const stir = createLooker(look, changed);
  const end = await changes.watch(place, () => void stir());
  await stir();
  return end;
}

/** However often it is asked, there is one look under way and one that follows it. */
function createLooker(look: () => Promise<void>, unsure: () => void): () => Promise<void> {
  let last = Promise.resolve();
  let isWaiting = false;
  return () => {
    if (isWaiting) return last;
    isWaiting = true;
    last = last
      .then(() => {
        isWaiting = false;
        return look();
      })
      .catch(unsure);
    return last;
  };
}
