import { and, eq } from 'drizzle-orm';
import { keyInUse } from '#db/queries/make-once.ts';
import { idempotencyKeys } from '#db/schema/index.ts';
import { inTenant } from '#db/tenant.ts';
import type { CarryOrder } from '#server/agents/workspace/carry.ts';
import type { StartRequest, StoredRun } from '#server/coordinator/commands.ts';
import { invalid, SignalboxError } from '#server/domain/errors.ts';
import type { CompiledGraph, JsonValidator } from '#server/domain/graph/compile.ts';
import { holdsHidden } from '#server/domain/hidden.ts';
import { fromUuid, makeId, type PipelineId, type RunId, toUuid, type VersionId } from '#server/domain/ids.ts';
import type { Json, JsonObject } from '#server/domain/json.ts';
import { findRefs, MAX_REFS, type PayloadRef } from '#server/domain/payload-ref.ts';
import type { Actor } from '#server/identity/actor.ts';
import { auditNote } from '#server/identity/audit/note.ts';
import type { Services } from '../context.ts';
import { hashRequest } from '../hash-request.ts';

export interface Launch {
  pipelineId: PipelineId | null;
  versionId: VersionId;
  input: Json;
  parameters: JsonObject;
  metadata: JsonObject;
  notification: Json;
  trigger: string;
  idempotencyKey: string | undefined;
  /** What the caller asked for: the same key with another one is a conflict. */
  request: Json;
  replay?: { of: RunId; from: string };
  /** Stages of the run that is done again whose files come with it. */
  files?: CarryOrder['kept'];
  reuse?: StartRequest['reuse'];
  /** Place of the one stage to be run. */
  only?: number | undefined;
  /** What the audit calls it. */
  action: string;
}

export interface Launched {
  id: RunId;
  isNew: boolean;
  /** As its birth has left it; undefined: it has to be looked up. */
  born?: StoredRun | undefined;
}

/** The way that every run takes into the engine: starts, replays and stand-alone tasks. */
export async function launchRun(services: Services, actor: Actor, launch: Launch): Promise<Launched> {
  refuseHidden(launch);
  const requestHash = hashRequest(launch.request);
  const key = launch.idempotencyKey;
  const known = key === undefined ? null : await findByKey(services, actor, { key, requestHash });
  if (known) return { id: known, isNew: false };
  refuseUnderPressure(services);
  return services.quotas.within(actor, () => giveBirth(services, actor, { launch, requestHash }));
}

async function giveBirth(
  services: Services,
  actor: Actor,
  { launch, requestHash }: { launch: Launch; requestHash: string },
): Promise<Launched> {
  const key = launch.idempotencyKey;
  const graph = await services.graphOf(launch.versionId);
  const id = makeId('run', services.newUuid());
  const { input, parameters } = await keepPayloads(
    services,
    { runId: id, orgId: actor.orgId },
    { launch, graph },
  );
  // Like its payloads, before it is born: its first stage finds the files of those before it.
  const { replay, files: kept = [] } = launch;
  if (replay) await services.workspaces.replays.carry({ from: replay.of, to: id, orgId: actor.orgId, kept });
  const reply = await services.engine.startRun({
    run: {
      id,
      orgId: actor.orgId,
      pipelineId: launch.pipelineId,
      versionId: launch.versionId,
      graph,
      input,
      parameters,
      metadata: launch.metadata,
      notification: launch.notification,
      trigger: launch.trigger,
      ...(replay ? { replay } : {}),
      ...(key === undefined ? {} : { idempotency: { key, requestHash } }),
    },
    ...(launch.reuse ? { reuse: launch.reuse } : {}),
    ...(launch.only === undefined ? {} : { only: launch.only }),
    note: auditNote(actor, launch.action, {
      target: id,
      after: { pipeline: launch.pipelineId, version: launch.versionId, replay: replay?.of ?? null },
    }).body,
  });
  if (!reply.ok) {
    await services.payloads.forgetUnborn(id);
    await services.workspaces.replays.forgetUnborn(actor.orgId, id);
    return { id: await findWinner(services, actor, { key, requestHash }), isNew: false };
  }
  return { id, isNew: true, born: reply.born };
}

/**
 * Input and parameters, judged as the values that they are and then as small as rows are to be. What they and reused
 * outputs refer to is written down before the run is born: were it done afterwards and the process died in between,
 * the run's own input could be collected.
 */
async function keepPayloads(
  { payloads }: Services,
  owner: { runId: RunId; orgId: Actor['orgId'] },
  { launch, graph }: { launch: Launch; graph: CompiledGraph },
): Promise<{ input: Json; parameters: JsonObject }> {
  const given = refsOf([
    launch.input,
    launch.parameters,
    ...(launch.reuse ?? []).map(({ output }) => output),
  ]);
  await payloads.remember(owner, given);
  // A replay brings what its source was given, which may stand in the store.
  const input = await payloads.expand(launch.input);
  const parameters = await payloads.expand(launch.parameters);
  checkAgainst(graph.inputValidator, input, 'input');
  checkAgainst(graph.parametersValidator, parameters, 'parameters');
  const [smallInput, smallParameters] = [
    await payloads.shrink(owner.orgId, input),
    await payloads.shrink(owner.orgId, parameters),
  ];
  await payloads.remember(owner, [...smallInput.refs, ...smallParameters.refs]);
  return { input: smallInput.value, parameters: smallParameters.value as JsonObject };
}

function refsOf(values: readonly Json[]): PayloadRef[] {
  return values.flatMap((value) => {
    const refs = findRefs(value);
    if (refs === null) throw invalid(`A payload refers to more than ${MAX_REFS} objects.`);
    return refs;
  });
}

/** Two starts with one key at the same moment: the engine let one through, and this one was the other. */
async function findWinner(
  services: Services,
  actor: Actor,
  { key, requestHash }: { key: string | undefined; requestHash: string },
): Promise<RunId> {
  const winner = key === undefined ? null : await findByKey(services, actor, { key, requestHash });
  if (winner) return winner;
  throw new SignalboxError('CONFLICT', 'The run could not be started: another start took its place.', {
    advice: 'Start it again.',
  });
}

async function findByKey(
  services: Services,
  actor: Actor,
  { key, requestHash }: { key: string; requestHash: string },
): Promise<RunId | null> {
  const [row] = await inTenant(services.db, actor.orgId, (tx) =>
    tx
      .select()
      .from(idempotencyKeys)
      .where(and(eq(idempotencyKeys.orgId, toUuid(actor.orgId)), eq(idempotencyKeys.key, key))),
  );
  if (!row) return null;
  const id = row.runId === null ? null : fromUuid('run', row.runId);
  if (id !== null && row.requestHash === requestHash) return id;
  throw keyInUse(id ?? row.subject);
}

/** What stands in place of a value that was not shown would be taken for the value. */
function refuseHidden({ input, parameters }: Launch): void {
  if (!holdsHidden(input) && !holdsHidden(parameters)) return;
  throw invalid(
    'The input holds a place where a sensitive value was hidden, and not the value.',
    undefined,
    'Give the value itself, or leave the input out of a replay: it then works on what its source was given.',
  );
}

const RETRY_AFTER_SECONDS = 2;

function refuseUnderPressure({ engine, limits }: Services): void {
  const { entries, publishing, unpublished } = engine.load();
  if (entries + publishing > limits.maxBacklog)
    throw busy('The engine is behind with its work and takes no new runs just now.');
  if (unpublished >= limits.maxOutbox)
    throw busy(
      `The broker takes no messages, and ${unpublished} wait for it, so no new runs are taken just now.`,
    );
}

function busy(message: string): SignalboxError {
  return new SignalboxError('UNAVAILABLE', message, {
    advice: `Try again in ${RETRY_AFTER_SECONDS} seconds.`,
    details: { retryAfterSeconds: RETRY_AFTER_SECONDS },
  });
}

function checkAgainst(validate: JsonValidator | null, value: Json, what: string): void {
  const issues = validate?.(value) ?? [];
  const [first] = issues;
  if (!first) return;
  throw invalid(
    `The ${what} does not fit the pipeline: ${first.path.join('.') || what} ${first.message}.`,
    { issues },
    `Correct the ${what}, or change its schema and publish.`,
  );
}
