import type { Sql } from '#db/client.ts';
import type { Broker } from '#server/broker/port.ts';
import type { EngineDefaults, Happening, Reply } from '#server/domain/engine/happenings.ts';
import { ENGINE_DEFAULTS } from '#server/domain/engine/happenings.ts';
import type { CompiledGraph } from '#server/domain/graph/compile.ts';
import type { Hands } from '#server/domain/hands.ts';
import { type AgentId, type RunId, taskId, type VersionId } from '#server/domain/ids.ts';
import type { Json } from '#server/domain/json.ts';
import { isTaskHeld, isTaskReady } from '#server/domain/statuses.ts';
import { type BacklogReason, backlogReason, createBacklog } from './backlog.ts';
import { type Committed, createCoordinator } from './coordinator.ts';
import { createDbClock } from './db-clock.ts';
import { collectHandOuts } from './dispatches.ts';
import type { NewRun } from './new-run.ts';
import { NO_PAUSES, type PausePoints } from './pause-points.ts';
import { createRelay } from './relay.ts';
import type { RunPlan } from './run-plan.ts';
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
  lanes?: number;
  maxBatch?: number;
  sweepMs?: number;
  /** Heard after every commit, with what has changed in each run. Must not throw or wait. */
  onProgress?(plan: RunPlan): void;
  onTrouble(message: string, error: unknown): void;
}

export interface StartRequest {
  run: NewRun;
  reuse?: { task: number; from: RunId; output: Json }[];
}

/** The engine's public commands. Each resolves when its effect is durable. */
export interface Engine {
  startRun(request: StartRequest): Promise<Reply>;
  tell(runId: RunId, happening: Happening): Promise<Reply>;
  /** Reports of one broker message: all of their effects and the message's id in one commit. */
  tellAll(messageId: string, items: { runId: RunId; happening: Happening }[]): Promise<Reply[]>;
  /** Room has come free for a capability: what waits for it is offered again. */
  offerWaiting(capability: string): void;
  start(gone: ReadonlySet<AgentId>): Promise<void>;
  stop(): Promise<void>;
  sweep(): Promise<number>;
  adopt(gone: ReadonlySet<AgentId>): Promise<number>;
  load(): { entries: number; waiting: number; publishing: number };
}

const OUTBOX_STALE_MS = 5000;

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
  const relay = createRelay({
    sql: options.sql,
    broker: options.broker,
    points,
    staleMs: OUTBOX_STALE_MS,
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
    lanes: options.lanes ?? 2,
    maxBatch: options.maxBatch ?? 500,
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
    for (const run of plan.runs) {
      for (const handOut of collectHandOuts(run)) hands.deliver(handOut);
      followTasks(run);
      options.onProgress?.(run);
    }
    if (outboxIds.length > 0) relay.send(outboxIds, plan.messages);
    // After the batch, so that what follows a finished task goes before what has not begun.
    for (const reason of [...backlog.reasons()]) offerNext(reason);
  }

  /** Stops what lost its lease, frees its room, and remembers what waits. */
  function followTasks(plan: RunPlan): void {
    const { before, decision } = plan;
    const { state } = decision;
    const ended = endedByAgents(plan);
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
      if (isTaskReady(is.status) && is.wait) remember(state.id, index, decision.state);
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

  function remember(runId: RunId, task: number, state: RunPlan['decision']['state']): void {
    const stage = state.graph.stages[task]?.stage;
    const wait = state.tasks[task]?.wait;
    const reason = stage && wait ? backlogReason(wait, stage.type) : null;
    if (stage && reason !== null) backlog.add(reason, stage.priority, { runId, task });
  }

  function offerNext(reason: BacklogReason): void {
    const count = reason.startsWith('capability ') ? hands.room(reason.slice('capability '.length)) : 1;
    if (count <= 0) return;
    for (const { runId, task } of backlog.take(reason, count)) offer(runId, task);
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

  return {
    startRun({ run, reuse }) {
      return new Promise((resolve, reject) => {
        const happening: Happening = reuse ? { type: 'start', reuse } : { type: 'start' };
        coordinator.submit({
          entries: [{ runId: run.id, happening, birth: run, reply: resolve }],
          fail: reject,
        });
      });
    },
    tell(runId, happening) {
      return new Promise((resolve, reject) => {
        coordinator.submit({ entries: [{ runId, happening, reply: resolve }], fail: reject });
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
    offerWaiting: (capability) => offerNext(`capability ${capability}`),
    async start(gone) {
      await relay.sweep();
      await sweeper.adopt(gone);
      sweeper.start();
      relay.start();
    },
    async stop() {
      await sweeper.stop();
      await coordinator.drain();
      await relay.stop();
    },
    sweep: sweeper.sweep,
    adopt: sweeper.adopt,
    load: () => ({ entries: coordinator.backlog(), waiting: backlog.size(), publishing: relay.inFlight() }),
  };
}
