import type { RunBirth } from '#db/queries/rows.ts';
import type { RunState } from '#server/domain/engine/state.ts';
import type { CompiledGraph } from '#server/domain/graph/compile.ts';
import { type OrgId, type PipelineId, type RunId, toUuid, type VersionId } from '#server/domain/ids.ts';
import type { Json, JsonObject } from '#server/domain/json.ts';
import { labelsOf } from '#server/domain/run-labels.ts';

/** All that is known of a run before its first event. */
export interface NewRun {
  id: RunId;
  orgId: OrgId;
  pipelineId: PipelineId | null;
  versionId: VersionId;
  graph: CompiledGraph;
  input: Json;
  parameters: JsonObject;
  metadata: JsonObject;
  notification: Json;
  trigger: string;
  replay?: { of: RunId; from: string };
  idempotency?: { key: string; requestHash: string };
}

/** A run that has just been asked for: revision 1, no event yet, nothing stored. */
export function unbornState(run: NewRun, now: number): RunState {
  const { graph } = run;
  return {
    id: run.id,
    orgId: run.orgId,
    pipelineId: run.pipelineId,
    versionId: run.versionId,
    graph,
    input: run.input,
    parameters: run.parameters,
    status: 'running',
    seq: 0,
    revision: 1,
    failing: null,
    deadlineAt: deadlineOf(graph, now),
    forceAt: null,
    wakeAt: null,
    startedAt: now,
    finishedAt: null,
    movedAt: now,
    error: null,
    tasks: new Array(graph.stages.length).fill(undefined),
    waitsFor: graph.incoming.map((edges) => edges.length),
    open: 0,
    left: graph.stages.length,
    stored: false,
  };
}

/** By the same clock as all that is decided of it: whoever asked may be on a host that is minutes off. */
const deadlineOf = ({ graph: { deadlineSeconds } }: CompiledGraph, now: number): number | null =>
  deadlineSeconds === undefined ? null : now + deadlineSeconds * 1000;

export function birthOf(run: NewRun, now: number): RunBirth {
  return {
    pipelineId: run.pipelineId === null ? null : toUuid(run.pipelineId),
    versionId: toUuid(run.versionId),
    input: run.input,
    parameters: run.parameters,
    metadata: run.metadata,
    labels: labelsOf(run.metadata),
    notification: run.notification,
    trigger: run.trigger,
    replayOf: run.replay ? toUuid(run.replay.of) : null,
    replayFrom: run.replay?.from ?? null,
    tasksTotal: run.graph.stages.length,
    createdAt: now,
  };
}
