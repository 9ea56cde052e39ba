import type { Sql } from '#db/client.ts';
import type { Broker } from '#server/broker/port.ts';
import type { Wait } from '#server/domain/engine/events.ts';
import type { EngineDefaults, Happening, Reply } from '#server/domain/engine/happenings.ts';
import { ENGINE_DEFAULTS } from '#server/domain/engine/happenings.ts';
import type { RunState } from '#server/domain/engine/state.ts';
import type { CompiledGraph } from '#server/domain/graph/compile.ts';
import type { Stage } from '#server/domain/graph/schema.ts';
import type { Hands } from '#server/domain/hands.ts';
import { type AgentId, type OrgId, type RunId, taskId, type VersionId } from '#server/domain/ids.ts';
import type { Json, JsonObject } from '#server/domain/json.ts';
import { isRunOver, isTaskHeld, isTaskOut, isTaskQueued, isTaskReady } from '#server/domain/statuses.ts';
import { type BacklogReason, createBacklog } from './backlog.ts';
import type { Committed } from './committer.ts';
import { type Coordinator, createCoordinator } from './coordinator.ts';
import type { DbClock } from './db-clock.ts';
import { collectHandOuts } from './dispatches.ts';
import type { StoredRun } from './intake.ts';
import { makeLines } from './lines.ts';
import type { LargePayloads } from './needs.ts';
import type { NewRun } from './new-run.ts';
import type { Nudge } from './nudges.ts';
import { createOffers } from './offers.ts';
import { NO_PAUSES, type PausePoints } from './pause-points.ts';
import type { BatchPlan } from './plan.ts';
import { createQuotaKeeper, quotaOf } from './quota.ts';
import { createRelay } from './relay.ts';
import { type RunPlan, revisionAfter, strandsTask } from './run-plan.ts';
import { createSweeper } from './sweeper.ts';

export interface EngineOptions {
  sql: Sql;
  graphOf(versionId: VersionId): Promise<CompiledGraph>;
  hands: Hands;
  broker: Broker;
  random(): number;
  clock: DbClock;
  defaults?: Partial<EngineDefaults>;
  /** How many tasks may be handed out at once in the whole installation. Left out: as many as agents take. */
  maxConcurrentTasks?: number | undefined;
  /** Tells other processes what they may be waiting for. */
  nudge?(nudge: Partial<Nudge>): void;
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
  /** The one stage to be run; what is not reused is left out. */
  only?: number;
  note?: JsonObject;
}

/** `born`: the run as its birth has left it, where that is known for certain. */
export type Started = Reply & { born?: StoredRun };

export interface TellMore {
  /** Whose word it is: a run of another tenant does not exist for them. */
  orgId?: OrgId;
  /** Written to the audit in the same commit, if the happening has an effect. */
  note?: JsonObject;
}

export interface TellItem {
  runId: RunId;
  happening: Happening;
  orgId: OrgId;
}

/** The engine's public commands. Each resolves when its effect is durable. */
export interface Engine {
  startRun(request: StartRequest): Promise<Started>;
  tell(runId: RunId, happening: Happening, more?: TellMore): Promise<Reply>;
  /** Reports of one broker message: all of their effects and the message's id in one commit. */
  tellAll(messageId: string, items: TellItem[]): Promise<Reply[]>;
  /** Room has come free there (see `agentSource`): what waits for it is offered again. */
  offerWaiting(source: string): void;
  /**
   * A queued task that lies elsewhere is put into its queue by this process as well. `revision`: of its run, as the
   * asker has read it. False: it is queued no more, or was sent a moment ago.
   */
  sendAgain(task: { runId: RunId; index: number; epoch: number; revision: number }): Promise<boolean>;
  /** Another process has told of something that may have been waited for here. */
  hear(nudge: Nudge): void;
  /** Another process has committed this run up to this event. */
  forgetBefore: Coordinator['forgetBefore'];
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
const NONE: ReadonlySet<string> = new Set();

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
  const quota = quotaOf(options.maxConcurrentTasks);
  const quotaKeeper = createQuotaKeeper({ sql: options.sql, quota, onTrouble: options.onTrouble });
  const { hands, onTrouble } = options;
  const backlog = createBacklog();
  const offers = createOffers({ backlog, submit: submitOffer });
  let isCoordinating = false;
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
    clock: options.clock,
    random: options.random,
    defaults: { ...ENGINE_DEFAULTS, ...options.defaults },
    quota,
    isAwaited,
    points,
    lanes: options.lanes,
    maxBatch: options.maxBatch ?? 500,
    payloads: options.payloads,
    onCommitted,
    onTrouble,
  });
  const lineOf = makeLines({ hands, slots: coordinator.slots, quota });
  const sweeper = createSweeper({
    sql: options.sql,
    coordinator,
    points,
    intervalMs: options.sweepMs ?? 500,
    batch: 500,
    emptyQueues: () => options.broker.idleQueues().catch(() => NONE),
    onTrouble,
  });

  function onCommitted({ plan, outboxIds }: Committed): void {
    // First: an agent is waiting for it, and the rest is our own bookkeeping.
    if (outboxIds.length > 0) relay.send(outboxIds, plan.messages);
    const queuedFor = new Set<string>();
    for (const run of plan.runs) {
      for (const handOut of collectHandOuts(run)) hands.deliver(handOut);
      followTasks(run, queuedFor);
      options.onProgress?.(run);
    }
    // After the batch, so that what follows a finished task goes before what has not begun.
    for (const source of hands.takeFreed()) offerNext(source);
    for (const { orgId, key, change } of plan.rows.slots) {
      if (change < 0) offerNext(`${orgId} ${key}`);
    }
    offers.refill();
    tellOthers(plan);
    // Decided when there was no room, and some came while Postgres wrote: whoever freed it found nobody in line yet. And
    // who has just come stands behind others though there may be room: somebody must ask for it.
    const hasBirths = plan.runs.some(({ birth }) => birth !== undefined);
    for (const source of queuedFor) {
      if (hasBirths || (freedAt.get(source) ?? 0) >= plan.turn) offerNext(source);
    }
  }

  /** What this commit has freed, and what found no agent in it, may concern other processes. */
  function tellOthers({ runs, rows }: BatchPlan): void {
    const slots = rows.slots.filter(({ change }) => change < 0).map(({ orgId, key }) => `${orgId} ${key}`);
    const stranded = runs.filter(strandsTask);
    if (slots.length === 0 && stranded.length === 0 && rows.unseated.length === 0) return;
    options.nudge?.({
      slots,
      runs: stranded.map((run) => ({ id: run.before.id, revision: revisionAfter(run) })),
      seats: rows.unseated.length > 0,
    });
  }

  /** Stops what lost its lease, frees its room, and remembers what waits. */
  function followTasks(plan: RunPlan, queuedFor: Set<string>): void {
    const { before, decision, entries } = plan;
    const { state } = decision;
    const ended = endedByAgents(plan);
    const remember = (task: number) => {
      const line = putInLine(task, state);
      if (line) queuedFor.add(line.source);
    };
    for (const { happening } of entries) {
      if (happening.type === 'offer') {
        const { task } = happening;
        remember(task);
        offers.decided(state.id, task, putInLine(task, state)?.id ?? null);
      }
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
      if (was && isTaskQueued(was.status) && !isTaskOut(is.status)) hands.unqueued(taskId(state.id, index));
      remember(index);
    }
    if (isRunOver(state.status)) backlog.forget(state.orgId, state.id);
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

  /** Says in which line it waits, if it is that sort of wait. */
  function putInLine(task: number, state: RunState): BacklogReason | null {
    const stage = state.graph.stages[task]?.stage;
    const { status, wait } = state.tasks[task] ?? {};
    if (!status || !isTaskReady(status)) return null;
    const reason = stage && wait ? lineOf(state, stage, wait.code) : null;
    if (!stage || !reason) return null;
    backlog.add(reason, stage.priority, { orgId: state.orgId, runId: state.id, task });
    return reason;
  }

  /** Others wait for the same: who comes now is not served before them. */
  function isAwaited(state: RunState, stage: Stage, code: Wait['code']): boolean {
    const line = lineOf(state, stage, code);
    return line !== null && backlog.isAwaited(line.id);
  }

  function offerNext(source: string): void {
    freedAt.set(source, coordinator.turn());
    offers.next(source);
  }

  function submitOffer(runId: RunId, task: number, onLost: () => void): void {
    const fail = (error: unknown) => {
      onTrouble(`Task ${task} of ${runId} could not be offered.`, error);
      onLost();
    };
    // The run may be gone; else the commit tells what came of it.
    const reply = ({ ok }: Reply) => void (ok || onLost());
    coordinator.submit({ entries: [{ runId, happening: { type: 'offer', task }, reply }], fail });
  }

  function hear({ runs, slots, seats }: Nudge): void {
    if (isCoordinating) sweeper.look(runs);
    if (seats) void hands.freshen();
    const awaited = slots.filter((id) => backlog.waitingFor(id).length > 0);
    coordinator.slots.doubt(slots);
    if (awaited.length > 0) void offerAfterRead(awaited);
  }

  async function offerAfterRead(slots: readonly string[]): Promise<void> {
    try {
      await coordinator.readSlots();
      for (const id of slots) offerNext(id);
    } catch (error) {
      onTrouble('Slots that others gave back could not be read.', error);
    }
  }

  async function standDown(): Promise<void> {
    isCoordinating = false;
    quotaKeeper.stop();
    await sweeper.stop();
    await coordinator.drain();
  }

  return {
    startRun({ run, reuse, only, note }) {
      return new Promise((resolve, reject) => {
        const happening: Happening = {
          type: 'start',
          ...(reuse ? { reuse } : {}),
          ...(only === undefined ? {} : { only }),
        };
        const reply = (said: Reply, born?: StoredRun) => resolve(born ? { ...said, born } : said);
        coordinator.submit({
          entries: [{ runId: run.id, happening, birth: run, reply, ...(note ? { note } : {}) }],
          fail: reject,
        });
      });
    },
    tell(runId, happening, more = {}) {
      return new Promise((resolve, reject) => {
        coordinator.submit({ entries: [{ runId, happening, reply: resolve, ...more }], fail: reject });
      });
    },
    tellAll(messageId, items) {
      return new Promise((resolve, reject) => {
        const replies: Reply[] = new Array(items.length);
        let left = items.length;
        const entries = items.map(({ runId, happening, orgId }, at) => ({
          ...{ runId, happening, orgId },
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
    sendAgain({ runId, index, epoch, revision }) {
      return new Promise((resolve, reject) => {
        coordinator.forgetBefore(runId, { revision });
        const happening: Happening = { type: 'send-again', task: index, epoch };
        const reply = (said: Reply) => resolve(said.ok && !('repeated' in said));
        coordinator.submit({ entries: [{ runId, happening, reply }], fail: reject });
      });
    },
    hear,
    forgetBefore: coordinator.forgetBefore,
    async start(gone) {
      isCoordinating = true;
      await quotaKeeper.start();
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
