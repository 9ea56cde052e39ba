import type { Broker } from '#server/broker/port.ts';
import { queuesOfTenant } from '#server/broker/topology.ts';
import type { TaskError } from '#server/domain/engine/events.ts';
import { SignalboxError } from '#server/domain/errors.ts';
import type { AgentId } from '#server/domain/ids.ts';
import type { AgentBeat, AssignmentMessage, Report } from '#server/domain/messages.ts';
import {
  type AgentDesk,
  type AgentOrders,
  isGoingOn,
  type ReportAnswer,
  type Reporter,
  type ReportSink,
} from '#server/domain/reports.ts';
import type { Filled, WholeAssignments } from '../whole-assignments.ts';
import type { OtherMemories } from './other-memories.ts';
import { createPullShelf, type Shelf } from './pull-shelf.ts';
import type { Piece } from './work-in-hand.ts';

export interface HttpPullOptions {
  broker: Broker;
  desk: AgentDesk;
  sink(): ReportSink;
  capabilitiesOf(agent: AgentId): Promise<string[]>;
  newMessageId(): string;
  whole: WholeAssignments;
  /** Left out: the broker's queues are those of all processes. */
  otherMemories?: OtherMemories | undefined;
  onTrouble(message: string, error: unknown): void;
}

/** An agent that comes to us, as the door has let it in. */
export interface Visitor {
  agentId: AgentId;
  generation: number;
}

export interface Claim {
  /** Left out: whatever it registered for. */
  capabilities?: readonly string[];
  max: number;
  /** What the visitor has in hand already. */
  inFlight: number;
  waitMs: number;
  /** The visitor has gone: what was granted to it meanwhile is given back. */
  signal?: AbortSignal;
}

export type Granted = AssignmentMessage & { lease_until: number | null };

export interface Claimed {
  tasks: Granted[];
  /** Says whether it shall come again. */
  orders: AgentOrders;
}

export interface HttpPull {
  /** Waits until there is work or the time is over. What it returns is leased to the visitor. */
  claim(visitor: Visitor, claim: Claim): Promise<Claimed>;
  heartbeat(
    visitor: Visitor,
    beat: AgentBeat,
    tasks: readonly Report[],
  ): Promise<{ orders: AgentOrders; answers: ReportAnswer[] }>;
  /** Logs, progress, results and releases: as many as there are. */
  report(visitor: Visitor, reports: readonly Report[]): Promise<ReportAnswer[]>;
  /** Ends all waiting; tasks that lie here unclaimed go back to their queues. */
  stop(): Promise<void>;
}

const MAX_WAIT_MS = 60_000;
const LOOK_MS = 2000;

/** Large values that one answer brings. */
interface AnswerSize {
  bytes: number;
}

interface FilledPiece {
  piece: Piece;
  filled: Filled<AssignmentMessage>;
}

interface Waiting {
  from: Reporter;
  shelves: readonly Shelf[];
  queues: readonly string[];
  until: number;
  nextArrival(): Promise<void>;
}

/**
 * Work for agents that can only call us. Their tasks lie in queues of the broker like anybody's (`pull.<capability>`), so
 * loss, order, depth and dead letters are what they are for the others; a claim takes from there for as long as
 * somebody waits. Lying there is no promise: only the lease that the engine grants makes a task somebody's.
 */
export function createHttpPull(options: HttpPullOptions): HttpPull {
  const { desk } = options;
  const shelves = new Map<string, Shelf>();
  const ends = new Set<() => void>();
  let isStopped = false;

  function shelfOf(queue: string): Shelf {
    let shelf = shelves.get(queue);
    if (!shelf) {
      const { broker, newMessageId, onTrouble } = options;
      shelf = createPullShelf({ broker, queue, newMessageId, onTrouble });
      shelves.set(queue, shelf);
    }
    return shelf;
  }

  async function admit({ agentId, generation }: Visitor): Promise<Reporter> {
    const from = await desk.admit(agentId, generation);
    if (from?.isCurrent) return from;
    throw new SignalboxError(
      'CONFLICT',
      'Another process has registered as this agent, or it was taken off the list.',
      {
        advice: 'Stop this process, or register again to take its place.',
      },
    );
  }

  /**
   * Tasks as this visitor shall have them: with large values whole, which are fetched before the engine grants the lease,
   * so that an object store that is away holds up a task and costs no attempt. Of many large ones only as many as make
   * one answer; the rest stays for the next.
   */
  async function fill(shelf: Shelf, pieces: readonly Piece[], answer: AnswerSize): Promise<FilledPiece[]> {
    const { bytesBehind, maxBytes } = options.whole;
    const fitting = pieces.filter(({ task }) => {
      const bytes = bytesBehind(task);
      if (answer.bytes > 0 && answer.bytes + bytes > maxBytes) return false;
      answer.bytes += bytes;
      return true;
    });
    const filled: FilledPiece[] = [];
    const back: Piece[] = [];
    for (const piece of fitting) {
      try {
        filled.push({ piece, filled: await options.whole.fill(piece.task) });
      } catch (error) {
        options.onTrouble('A large input could not be fetched; the task stays in line.', error);
        back.push(piece);
      }
    }
    const left = pieces.filter((piece) => !fitting.includes(piece));
    if (back.length + left.length > 0) shelf.putBack([...back, ...left]);
    return filled;
  }

  /** Offers tasks to the engine for this visitor; those that it may have are returned. */
  async function grant(from: Reporter, shelf: Shelf, pieces: readonly FilledPiece[]): Promise<Granted[]> {
    const answers = await Promise.allSettled(
      pieces.map(({ piece }) => options.sink().accept(from, piece.task)),
    );
    const back: Piece[] = [];
    const granted: Granted[] = [];
    answers.forEach((answer, at) => {
      const { piece, filled } = pieces[at] as FilledPiece;
      if (answer.status === 'rejected') {
        options.onTrouble('A claim could not be granted; the task stays in line.', answer.reason);
        back.push(piece);
        return;
      }
      piece.settle();
      if (!answer.value) return;
      if (filled.ok) granted.push({ ...filled.assignment, lease_until: answer.value.leaseUntil });
      else failUnreadable(from, piece, filled.error);
    });
    if (back.length > 0) shelf.putBack(back);
    return granted;
  }

  /** Nobody can be given what is gone: the task ends with that sentence, and was nobody's fault. */
  function failUnreadable(from: Reporter, { task }: Piece, error: TaskError): void {
    const { task_id, epoch } = task;
    options
      .sink()
      .report(from, [{ type: 'failed', task_id, epoch, error }])
      .catch((cause) => options.onTrouble('A task whose input is gone could not be ended.', cause));
  }

  async function takeGranted(from: Reporter, own: readonly Shelf[], max: number): Promise<Granted[]> {
    const granted: Granted[] = [];
    const answer: AnswerSize = { bytes: 0 };
    for (const shelf of own) {
      while (granted.length < max) {
        const pieces = shelf.take(max - granted.length);
        if (pieces.length === 0) break;
        const got = await grant(from, shelf, await fill(shelf, pieces, answer));
        granted.push(...got);
        // The database is away, or all of them were stale: the next look will tell.
        if (got.length === 0) break;
      }
    }
    return granted;
  }

  function release(from: Reporter, tasks: readonly Granted[]): Promise<ReportAnswer[]> {
    return options.sink().report(
      from,
      tasks.map(({ task_id, epoch }) => ({ type: 'released', task_id, epoch })),
    );
  }

  async function claimFrom(visitor: Visitor, wish: Claim, waiting: Waiting): Promise<Claimed> {
    const { agentId, generation } = visitor;
    const { from, shelves: own, until } = waiting;
    for (;;) {
      const orders = await desk.beat(agentId, generation, { in_flight: wish.inFlight });
      const max = Math.min(wish.max, orders.max === undefined ? wish.max : orders.max - wish.inFlight);
      // status-words: an order, not a status.
      if (orders.order !== 'serve' || max <= 0 || isStopped) return { tasks: [], orders };
      const arrival = waiting.nextArrival();
      const tasks = await takeGranted(from, own, max);
      if (tasks.length > 0 && wish.signal?.aborted) await release(from, tasks);
      const leftMs = until - performance.now();
      if (tasks.length > 0 || leftMs <= 0 || wish.signal?.aborted) return { tasks, orders };
      options.otherMemories?.lookFor(waiting.queues);
      // Now and then without cause, so that an order is heard that was given meanwhile.
      await withinTime(arrival, Math.min(leftMs, LOOK_MS), wish.signal);
    }
  }

  return {
    async claim(visitor, wish) {
      const from = await admit(visitor);
      const known = await options.capabilitiesOf(visitor.agentId);
      const capabilities = (wish.capabilities ?? known).filter((name) => known.includes(name));
      const queues = queuesOfTenant(from.orgId);
      const names = [queues.ownPull(visitor.agentId), ...capabilities.map(queues.pull)];
      const own = names.map(shelfOf);
      let wake: () => void = () => undefined;
      const leave = own.map((shelf) => shelf.join(() => wake()));
      const nextArrival = (): Promise<void> =>
        new Promise((resolve) => {
          wake = resolve;
        });
      const until = performance.now() + Math.min(Math.max(wish.waitMs, 0), MAX_WAIT_MS);
      const end = (): void => wake();
      ends.add(end);
      try {
        return await claimFrom(visitor, wish, { from, shelves: own, queues: names, until, nextArrival });
      } finally {
        ends.delete(end);
        for (const each of leave) each();
      }
    },
    async heartbeat(visitor, beat, tasks) {
      const orders = await desk.beat(visitor.agentId, visitor.generation, beat);
      const from = await desk.admit(visitor.agentId, visitor.generation);
      if (!from?.isCurrent)
        return { orders, answers: tasks.map(() => ({ status: 'stop', reason: orders.reason ?? '' })) };
      return { orders, answers: tasks.length === 0 ? [] : await options.sink().report(from, tasks) };
    },
    async report(visitor, reports) {
      const from = await desk.admit(visitor.agentId, visitor.generation);
      if (from?.isCurrent) return options.sink().report(from, reports);
      const reason = 'another process has registered as this agent, or it was taken off the list';
      if (!from) await options.sink().keepLate(visitor.agentId, reports, reason);
      const counting = from ? reports.filter((each) => !isGoingOn(each)) : [];
      const answers = from && counting.length > 0 ? await options.sink().report(from, counting) : [];
      return reports.map((each) => answers[counting.indexOf(each)] ?? { status: 'stop', reason });
    },
    async stop() {
      isStopped = true;
      options.otherMemories?.stop();
      for (const end of ends) end();
      await Promise.all([...shelves.values()].map((shelf) => shelf.close()));
      shelves.clear();
    },
  };
}

async function withinTime(
  promise: Promise<void>,
  ms: number,
  signal: AbortSignal | undefined,
): Promise<void> {
  let done: () => void = () => undefined;
  const limit = new Promise<void>((resolve) => {
    done = resolve;
  });
  const timer = setTimeout(done, ms);
  signal?.addEventListener('abort', done, { once: true });
  await Promise.race([promise, limit]);
  clearTimeout(timer);
  signal?.removeEventListener('abort', done);
}
