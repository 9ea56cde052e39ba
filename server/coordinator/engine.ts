import type { Sql } from '#db/client.ts';
import type { Broker } from '#server/broker/port.ts';
import type { Wait } from '#server/domain/engine/events.ts';
import type { EngineDefaults, Happening, Reply } from '#server/domain/engine/happenings.ts';
import { ENGINE_DEFAULTS } from '#server/domain/engine/happenings.ts';
import type { RunState } from '#server/domain/engine/state.ts';
import type { CompiledGraph } from '#server/domain/graph/compile.ts';
import type { Stage } from '#server/domain/graph/schema.ts';
import type { Hands } from '#server/domain/hands.ts';
import { type AgentId, type RunId, taskId, type VersionId } from '#server/domain/ids.ts';
import type { Json, JsonObject } from '#server/domain/json.ts';
import { isTaskHeld, isTaskReady } from '#server/domain/statuses.ts';
import type { LargePayloads } from './anteroom.ts';
import { type BacklogReason, createBacklog } from './backlog.ts';
import { type Committed, createCoordinator } from './coordinator.ts';
import { createDbClock } from './db-clock.ts';
import { collectHandOuts } from './dispatches.ts';
import type { NewRun } from './new-run.ts';
import { NO_PAUSES, type PausePoints } from './pause-points.ts';
import { createRelay } from './relay.ts';
import type { RunPlan } from './run-plan.ts';
import { slotId } from './slots.ts';
import { createSweeper } from './sweeper.ts';

export interface EngineOptions {
  sql: Sql;
  graphOf(versionId: VersionId): Promise<CompiledGraph>;
  hands: Hands;
  broker: Broker;
  random(): number;
  localNow(): number;
  defaults?: Partial<EngineDefaults>;
  points?: PausePoints;
  /** One connection each, for the coordinator's commits alone. */
  lanes: readonly Sql[];
  maxBatch?: number;
  /** Left out: nothing is large. */
  payloads?: LargePayloads;
  sweepMs?: number;
  /** An outbox row that nobody has published for so long is published by whoever looks. */
  outboxStaleMs?: number;
  /** Heard after every commit, with what has changed in each run. Must not throw or wait. */
  onProgress?(plan: RunPlan): void;
  onTrouble(message: string, error: unknown): void;
}

export interface StartRequest {
  run: NewRun;
  reuse?: { task: number; from: RunId; output: Json }[];
  note?: JsonObject;
}

/** The engine's public commands. Each resolves when its effect is durable. */
export interface Engine {
  startRun(request: StartRequest): Promise<Reply>;
  /** The note is written to the audit in the same commit, if the happening has an effect. */
  tell(runId: RunId, happening: Happening, note?: JsonObject): Promise<Reply>;
  /** Reports of one broker message: all of their effects and the message's id in one commit. */
  tellAll(messageId: string, items: { runId: RunId; happening: Happening }[]): Promise<Reply[]>;
  /** Room has come free for a capability: what waits for it is offered again. */
  offerWaiting(capability: string): void;
  start(gone: ReadonlySet<AgentId>): Promise<void>;
  /** Looks for no more work, and resolves when all that was begun is handed out. What it is told still counts. */
  standDown(): Promise<void>;
  stop(): Promise<void>;
  sweep(): Promise<number>;
  adopt(gone: ReadonlySet<AgentId>): Promise<number>;
  /** `unpublished`: messages in the outbox that no broker has confirmed, of all processes as of the last look. */
  load(): { entries: number; waiting: number; publishing: number; unpublished: number };
}

const OUTBOX_STALE_MS = 5000;
const CHOOSY_OFFERS = 4;

/** Tasks whose agent has itself said that it is done with them: it need not be told to stop. */
function endedByAgents({ before, entries }: RunPlan): ReadonlySet<number> {
  const ended = new Set<number>();
  for (const { happening } of entries) {
    if (happening.type !== 'result' && happening.type !== 'release') continue;
    if (before.tasks[happening.task]?.epoch === happening.epoch) ended.add(happening.task);
  }
  return ended;
}

export function createEngine(options: EngineOptions): Engine {
  const points = options.points ?? NO_PAUSES;
  const { hands, onTrouble } = options;
  const backlog = createBacklog();
  /** The newest plan that had been made when room for this source was last seen to come free. */
  const freedAt = new Map<string, number>();
  const relay = createRelay({
    sql: options.sql,
    broker: options.broker,
    points,
    staleMs: options.outboxStaleMs ?? OUTBOX_STALE_MS,
    onTrouble,
  });
  const coordinator = createCoordinator({
    sql: options.sql,
    graphOf: options.graphOf,
    hands,
    clock: createDbClock(options.localNow),
    random: options.random,
    defaults: { ...ENGINE_DEFAULTS, ...options.defaults },
    points,
    lanes: options.lanes,
    maxBatch: options.maxBatch ?? 500,
    payloads: options.payloads,
    onCommitted,
    onTrouble,
  });
  const sweeper = createSweeper({
    sql: options.sql,
    coordinator,
    points,
    intervalMs: options.sweepMs ?? 500,
    batch: 500,
    emptyQueues,
    onTrouble,
  });

  function onCommitted({ plan, outboxIds }: Committed): void {
    const queuedFor = new Set<string>();
    for (const run of plan.runs) {
      for (const handOut of collectHandOuts(run)) hands.deliver(handOut);
      followTasks(run, queuedFor);
      options.onProgress?.(run);
    }
    if (outboxIds.length > 0) relay.send(outboxIds, plan.messages);
    // After the batch, so that what follows a finished task goes before what has not begun.
    for (const capability of hands.takeFreed()) offerNext(capability);
    for (const { orgId, key, change } of plan.rows.slots) {
      if (change < 0) offerNext(`${orgId} ${key}`);
    }
    // Decided when there was no room, and some came while Postgres wrote: whoever freed it found nobody in line yet.
    for (const source of queuedFor) {
      if ((freedAt.get(source) ?? 0) >= plan.turn) offerNext(source);
    }
  }

  /** Stops what lost its lease, frees its room, and remembers what waits. */
  function followTasks(plan: RunPlan, queuedFor: Set<string>): void {
    const { before, decision, entries } = plan;
    const { state } = decision;
    const ended = endedByAgents(plan);
    const remember = (task: number) => {
      const source = putInLine(task, state);
      if (source !== null) queuedFor.add(source);
    };
    for (const { happening } of entries) {
      if (happening.type === 'offer') remember(happening.task);
      // Adopted: what waited in a line of the process before waits in ours, though nothing of it has changed.
      if (happening.type === 'tick' && happening.full) {
        for (const task of state.tasks) if (task) remember(task.index);
      }
    }
    for (const index of decision.touched) {
      const was = before.tasks[index];
      const is = state.tasks[index];
      if (!is) continue;
      if (was?.agent && isTaskHeld(was.status) && (!isTaskHeld(is.status) || is.epoch !== was.epoch)) {
        const id = taskId(state.id, index);
        if (!ended.has(index)) {
          hands.stop({ taskId: id, epoch: was.epoch, agent: was.agent, reason: is.status });
        }
        if (is.agent !== was.agent || !isTaskHeld(is.status)) hands.settled(id, was.agent);
      }
      remember(index);
    }
    const cancels = decision.events.some((event) => event.type === 'run.cancelling');
    if (!cancels) return;
    for (const task of state.tasks) {
      if (task?.agent && isTaskHeld(task.status)) {
        hands.stop({
          taskId: taskId(state.id, task.index),
          epoch: task.epoch,
          agent: task.agent,
          reason: 'the run is being cancelled',
        });
      }
    }
  }

  /** Says what must come free for it, if it is that sort of wait. */
  function putInLine(task: number, state: RunState): string | null {
    const stage = state.graph.stages[task]?.stage;
    const { status, wait } = state.tasks[task] ?? {};
    if (!status || !isTaskReady(status)) return null;
    const reason = stage && wait ? reasonOf(state, stage, wait) : null;
    if (!stage || !reason) return null;
    backlog.add(reason, stage.priority, { runId: state.id, task });
    return reason.source;
  }

  function reasonOf(state: RunState, stage: Stage, wait: Wait): BacklogReason | null {
    const { concurrency, type, agent } = stage;
    if (wait.code === 'concurrency-key' && concurrency) {
      const id = slotId(state.orgId, concurrency.key);
      return { id: `key ${id}`, source: id, room: () => coordinator.slots.room(state.orgId, concurrency) };
    }
    if (wait.code !== 'agents-full' && wait.code !== 'no-agent' && wait.code !== 'quota') return null;
    // Who is choosy waits in a line of its own and is offered little at a time: the room may not be the right one.
    const wishes = [agent.pinned ?? '', ...agent.requireLabels, ...agent.requireCapabilities]
      .join(' ')
      .trim();
    const room = () => (wishes ? Math.min(hands.room(type), CHOOSY_OFFERS) : hands.room(type));
    return { id: `capability ${type} ${wishes}`, source: type, room };
  }

  function offerNext(source: string): void {
    freedAt.set(source, coordinator.turn());
    for (const reason of backlog.waitingFor(source)) {
      for (const { runId, task } of backlog.take(reason.id, Math.max(reason.room(), 0))) offer(runId, task);
    }
  }

  function offer(runId: RunId, task: number): void {
    const fail = (error: unknown) => onTrouble(`Task ${task} of ${runId} could not be offered.`, error);
    coordinator.submit({
      entries: [{ runId, happening: { type: 'offer', task }, reply: () => undefined }],
      fail,
    });
  }

  async function emptyQueues(): Promise<ReadonlySet<string>> {
    const depths = await options.broker.depths().catch(() => []);
    return new Set(
      depths.filter((depth) => depth.messages + depth.unacked === 0).map((depth) => depth.queue),
    );
  }

  async function standDown(): Promise<void> {
    await sweeper.stop();
    await coordinator.drain();
  }

  return {
    startRun({ run, reuse, note }) {
      return new Promise((resolve, reject) => {
        const happening: Happening = reuse ? { type: 'start', reuse } : { type: 'start' };
        coordinator.submit({
          entries: [{ runId: run.id, happening, birth: run, reply: resolve, ...(note ? { note } : {}) }],
          fail: reject,
        });
      });
    },
    tell(runId, happening, note) {
      return new Promise((resolve, reject) => {
        coordinator.submit({
          entries: [{ runId, happening, reply: resolve, ...(note ? { note } : {}) }],
          fail: reject,
        });
      });
    },
    tellAll(messageId, items) {
      return new Promise((resolve, reject) => {
        const replies: Reply[] = new Array(items.length);
        let left = items.length;
        const entries = items.map(({ runId, happening }, at) => ({
          runId,
          happening,
          reply(reply: Reply) {
            replies[at] = reply;
            left -= 1;
            if (left === 0) resolve(replies);
          },
        }));
        coordinator.submit({ entries, messageId, fail: reject });
      });
    },
    offerWaiting: offerNext,
    async start(gone) {
      await relay.sweep();
      await sweeper.adopt(gone);
      sweeper.start();
      relay.start();
    },
    standDown,
    async stop() {
      await standDown();
      await relay.stop();
    },
    sweep: sweeper.sweep,
    adopt: sweeper.adopt,
    load: () => ({
      entries: coordinator.backlog(),
      waiting: backlog.size(),
      publishing: relay.inFlight(),
      unpublished: relay.unpublished(),
    }),
  };
}
