import type { Broker, Delivery, Subscription } from '#server/broker/port.ts';
import { agentControlKey } from '#server/broker/topology.ts';
import type { AgentRegistrationInput } from '#server/domain/agent-registration.ts';
import { type AgentId, DEFAULT_ORG_ID, type OrgId } from '#server/domain/ids.ts';
import { parseJsonBounded } from '#server/domain/json.ts';
import {
  type AgentOrder,
  type Report,
  stopMessageSchema,
  tasksMessageSchema,
} from '#server/domain/messages.ts';
import type { AgentHandler, ArtefactsOfRun } from '../agent.ts';
import { createLocalCarrier } from '../local-carrier.ts';
import { queuesOfAgent } from '../queues.ts';
import { type Membership, sayHello } from './hello.ts';
import { createReportOutbox } from './report-outbox.ts';
import { handOutOf, toReport } from './wire.ts';
import { giveBack, type Piece, pieceKey, piecesOf } from './work-in-hand.ts';

export interface AmqpAgentOptions {
  broker: Broker;
  registration: Omit<AgentRegistrationInput, 'transport'>;
  handle: AgentHandler;
  /** How it becomes an agent; left out: it says hello over the broker, as whoever has nothing else. */
  join?(registration: AgentRegistrationInput): Promise<Membership>;
  orgId?: OrgId;
  artefactsOf: ArtefactsOfRun;
  newMessageId(): string;
  /** Signs of life for work under way, at most so far apart. */
  beatMs?: number;
  /** Work that is done sooner is answered at once; other work is accepted first. */
  acceptAfterMs?: number;
  /** A task that waits here for longer, since all hands are full, goes back into its queue. */
  giveBackAfterMs?: number;
  onTrouble(message: string, error?: unknown): void;
}

export interface AmqpAgent {
  /** Registers over the broker and begins to take work. Rejects when it is refused. */
  start(): Promise<void>;
  /** Takes nothing new and finishes what it has; what is not done by then is released for others. */
  drain(withinMs: number): Promise<void>;
  /** Ends at once: unsettled messages go back to their queues. */
  stop(): Promise<void>;
  id(): AgentId | null;
  working(): number;
  order(): AgentOrder;
}

interface Running {
  piece: Piece;
  startedAt: number;
  isAccepted: boolean;
}

const LOOK_MS = 50;
const MAX_MESSAGE = { maxBytes: 16 * 1024 * 1024, maxDepth: 80 };

/**
 * An agent that takes its work from queues. It holds a message only until each task in it is answered or accepted, so
 * that no broker's patience with unacknowledged messages matters to how long a stage may take.
 */
export function createAmqpAgent(options: AmqpAgentOptions): AmqpAgent {
  const { broker, newMessageId } = options;
  const acceptAfterMs = options.acceptAfterMs ?? 200;
  const giveBackAfterMs = options.giveBackAfterMs ?? 500;
  const capacity = options.registration.max_concurrency ?? 1;
  const running = new Map<string, Running>();
  let waiting: Piece[] = [];
  let membership: Membership | null = null;
  let order: AgentOrder = 'serve';
  let limit = capacity;
  let isLeaving = false;
  let isPaused = false;
  let pausing = Promise.resolve();
  let returning: Promise<void> | null = null;
  const subscriptions: Subscription[] = [];
  const ends: (() => unknown)[] = [];
  const timers: NodeJS.Timeout[] = [];
  const idle: (() => void)[] = [];

  const outbox = createReportOutbox({
    broker,
    sender: () => ({ agentId: membership?.agentId as AgentId, generation: membership?.generation ?? 0 }),
    newMessageId,
    onTrouble: options.onTrouble,
  });
  const carrier = createLocalCarrier({
    handlerOf: () => options.handle,
    orgOf: () => options.orgId,
    artefactsOf: options.artefactsOf,
    beatMs: options.beatMs ?? 5000,
    reports: {
      result(handOut, outcome) {
        const key = pieceKey(handOut.taskId, handOut.epoch);
        const work = running.get(key);
        if (!work) return;
        running.delete(key);
        outbox.add(toReport(handOut, outcome), work.piece.settle);
        pump();
      },
      beat(handOut, progress) {
        const work = running.get(pieceKey(handOut.taskId, handOut.epoch));
        if (!work) return;
        accept(work);
        const { fraction, note } = progress ?? {};
        outbox.add({
          type: 'beat',
          task_id: handOut.taskId,
          epoch: handOut.epoch,
          ...(fraction === undefined ? {} : { progress: Math.min(Math.max(fraction, 0), 1) }),
          ...(note === undefined ? {} : { note }),
        });
      },
      log: (handOut, line) =>
        outbox.add({
          type: 'log',
          task_id: handOut.taskId,
          epoch: handOut.epoch,
          at: new Date().toISOString(),
          ...line,
        }),
    },
  });

  const isServing = (): boolean => !isLeaving && order === 'serve';

  function accept(work: Running): void {
    if (work.isAccepted) return;
    work.isAccepted = true;
    const { task_id, epoch } = work.piece.task;
    const accepted: Report = { type: 'accepted', task_id, epoch };
    outbox.add(accepted, work.piece.settle);
  }

  function take(delivery: Delivery): void {
    const { buffer, byteOffset, byteLength } = delivery.body;
    const json = parseJsonBounded(Buffer.from(buffer, byteOffset, byteLength).toString('utf8'), MAX_MESSAGE);
    const message = json.ok ? tasksMessageSchema.safeParse(json.value) : null;
    if (!message?.success) {
      delivery.reject('It is no message with tasks.');
      return;
    }
    waiting.push(...piecesOf(delivery, message.data.tasks, Date.now()));
    pump();
  }

  function pump(): void {
    let started = 0;
    while (started < waiting.length && running.size < limit && isServing()) {
      const piece = waiting[started++] as Piece;
      const key = pieceKey(piece.task.task_id, piece.task.epoch);
      // The same hand-out came twice: what is under way will be answered.
      if (running.has(key)) piece.settle();
      else {
        running.set(key, { piece, startedAt: Date.now(), isAccepted: false });
        carrier.deliver(handOutOf(piece.task, membership?.agentId as AgentId));
      }
    }
    if (started > 0) waiting = waiting.slice(started);
    if (running.size < limit && isServing()) setPaused(false);
    if (running.size === 0) for (const resolve of idle.splice(0)) resolve();
  }

  function setPaused(wanted: boolean): void {
    if (isPaused === wanted) return;
    isPaused = wanted;
    pausing = pausing
      .then(() => Promise.all(subscriptions.map((each) => (wanted ? each.pause() : each.resume()))))
      .then(() => undefined)
      .catch((error) => options.onTrouble('A subscription could not be switched.', error));
  }

  function look(): void {
    const now = Date.now();
    for (const work of running.values()) if (now - work.startedAt >= acceptAfterMs) accept(work);
    const oldest = waiting[0];
    if (!oldest || (isServing() && now - oldest.takenAt < giveBackAfterMs)) return;
    setPaused(true);
    void returnWaiting();
  }

  /** One return at a time; what the broker does not take stays and is tried at the next look. */
  function returnWaiting(): Promise<void> {
    returning ??= (async () => {
      const pieces = waiting;
      waiting = [];
      const kept = await giveBack(broker, pieces, newMessageId);
      waiting.push(...kept);
      returning = null;
    })();
    return returning;
  }

  function hear(body: Uint8Array): void {
    const json = parseJsonBounded(Buffer.from(body).toString('utf8'), MAX_MESSAGE);
    const message = json.ok ? stopMessageSchema.safeParse(json.value) : null;
    if (!message?.success || !membership) return;
    const { stop, order: told, generation, max } = message.data;
    for (const { task_id: taskId, epoch, reason } of stop) {
      carrier.stop({ taskId, epoch, agent: membership.agentId, reason });
    }
    if (told === undefined) return;
    if (told === 'retire') {
      if ((generation ?? 0) >= membership.generation) void retire();
      return;
    }
    if (generation !== membership.generation) return;
    obey(told, max);
  }

  function obey(told: AgentOrder, max: number | undefined): void {
    order = told;
    limit = Math.min(max ?? capacity, capacity);
    if (isServing()) pump();
    else {
      setPaused(true);
      void returnWaiting();
    }
  }

  /** Somebody else has the name: nothing that it says counts any more. */
  async function retire(): Promise<void> {
    // Each coordinator that sees it may say so.
    if (order === 'retire') return;
    options.onTrouble(
      'Another process has registered as this agent, or it was taken off the list: it stops.',
    );
    order = 'retire';
    carrier.stopAll('the agent has been replaced');
    await stop();
  }

  async function listen(): Promise<void> {
    const me = membership as Membership;
    const control = await broker.subscribeEvents(agentControlKey(me.agentId), (_key, body) => hear(body));
    ends.push(() => control.stop(), me.stop);
    const capabilities = new Set(options.registration.capabilities.map(({ name }) => name));
    const plain = { id: me.agentId, orgId: DEFAULT_ORG_ID, transport: 'amqp' as const, capabilities };
    for (const queue of me.queues ?? queuesOfAgent(plain)) {
      await broker.ensureQueue(queue);
      subscriptions.push(await broker.consume(queue, { prefetch: Math.min(capacity, 1000) }, take));
    }
    const tell = (): void =>
      outbox.beat({ in_flight: running.size, load: running.size / capacity, draining: isLeaving });
    timers.push(setInterval(look, LOOK_MS), setInterval(tell, me.beatEveryMs));
    tell();
  }

  async function stop(): Promise<void> {
    isLeaving = true;
    for (const timer of timers.splice(0)) clearInterval(timer);
    await Promise.all(subscriptions.splice(0).map((each) => each.stop()));
    for (const end of ends.splice(0)) await end();
    running.clear();
    waiting = [];
    carrier.stopAll('the agent stops');
    carrier.close();
    outbox.close();
    for (const resolve of idle.splice(0)) resolve();
  }

  async function drain(withinMs: number): Promise<void> {
    isLeaving = true;
    setPaused(true);
    await pausing;
    await returnWaiting();
    outbox.beat({ in_flight: running.size, draining: true });
    if (running.size > 0) await withinTime(new Promise<void>((resolve) => idle.push(resolve)), withinMs);
    for (const [key, work] of running) {
      const { task_id, epoch } = work.piece.task;
      running.delete(key);
      carrier.stop({
        taskId: task_id,
        epoch,
        agent: membership?.agentId as AgentId,
        reason: 'the agent leaves',
      });
      // Nobody has accepted it yet: back into the queue, as if it had not been taken.
      if (!work.isAccepted) waiting.push(work.piece);
      else outbox.add({ type: 'released', task_id, epoch }, work.piece.settle);
    }
    if (waiting.length > 0) await returnWaiting();
    await withinTime(outbox.flush(), 5000);
  }

  return {
    async start() {
      const registration = { ...options.registration, transport: 'amqp' as const };
      membership = await (options.join?.(registration) ??
        sayHello({ broker, registration, newId: newMessageId }));
      await listen();
    },
    drain,
    stop,
    id: () => membership?.agentId ?? null,
    working: () => running.size,
    order: () => order,
  };
}

async function withinTime(promise: Promise<unknown>, limitMs: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, limitMs);
  });
  await Promise.race([promise, limit]);
  clearTimeout(timer);
}
