import type { Offer, Placement } from '#server/domain/engine/happenings.ts';
import type { RunState } from '#server/domain/engine/state.ts';
import { agentSource, type HandOut, type Hands, type StopOrder } from '#server/domain/hands.ts';
import type { AgentId, OrgId, TaskId } from '#server/domain/ids.ts';
import {
  type AgentView,
  isServed,
  type QueueNames,
  routeTask,
  type Transport,
} from '#server/domain/routing.ts';
import { createOwnQueues } from './own-queues.ts';
import { createSeatBook, type Seat } from './seats.ts';

/** How work reaches agents of one transport that the engine hands leases to. */
export interface Carrier {
  deliver(handOut: HandOut): void;
  stop(order: StopOrder): void;
}

export interface DispatcherOptions {
  queuesFor(orgId: OrgId): QueueNames;
  carriers: Partial<Record<Transport, Carrier>>;
  /** Something that waits there may start: see `agentSource`. */
  onRoom(sources: ReadonlySet<string>): void;
  /** Reads the seats anew and calls `correctSeats`. */
  rereadSeats?(): Promise<void>;
}

export interface FleetEntry extends Omit<AgentView, 'inFlight' | 'inLine'> {
  orgId: OrgId;
}

/** A hand-out of this process that has been committed. */
export interface HeldHere {
  taskId: TaskId;
  epoch: number;
  agent: AgentId;
}

export interface Dispatcher extends Hands {
  /** Replaces what is known of the fleet; reservations stay. */
  setFleet(entries: readonly FleetEntry[]): void;
  inFlight(agent: AgentId): number;
  /** Before the rows of the seats are read; `correctSeats` wants it back with them. */
  markSeats(): number;
  correctSeats(rows: readonly Seat[], mark: number): void;
  /** What agents without seats hold, who live in this process: whether they still do is in the rows of the tasks. */
  heldByOurs(): HeldHere[];
  /** Somebody else has decided on these: their agents are told to stop and have room again. */
  endedElsewhere(held: readonly HeldHere[]): void;
}

interface Reservation {
  agent: AgentId;
  seat: number | null;
  /** Null until it is committed. */
  epoch: number | null;
}

/** Chooses agents and keeps count of what each of them has in hand. */
export function createDispatcher(options: DispatcherOptions): Dispatcher {
  const agents = new Map<AgentId, AgentView & FleetEntry>();
  const bySource = new Map<string, (AgentView & FleetEntry)[]>();
  /** What agents in this process have: nobody else can give them anything. */
  const counts = new Map<AgentId, number>();
  const seats = createSeatBook();
  const reserved = new Map<TaskId, Reservation>();
  /** Handed out anew, not yet committed: whoever had it before keeps the seat until then. */
  const leaving = new Map<TaskId, Reservation>();
  const ownQueues = createOwnQueues();
  const namesOf = new Map<OrgId, QueueNames>();
  let freed = new Set<string>();

  const inFlight = (agent: AgentId): number => (counts.get(agent) ?? 0) + seats.taken(agent);
  const sourcesOf = ({ orgId, capabilities }: FleetEntry): string[] =>
    [...capabilities].map((capability) => agentSource(orgId, capability));

  function setFleet(entries: readonly FleetEntry[]): void {
    agents.clear();
    bySource.clear();
    for (const entry of entries) {
      const view = { ...entry, inFlight: inFlight(entry.id), inLine: ownQueues.length(entry.id) };
      agents.set(view.id, view);
      for (const source of sourcesOf(view)) {
        const list = bySource.get(source);
        if (list) list.push(view);
        else bySource.set(source, [view]);
      }
    }
    options.onRoom(new Set(bySource.keys()));
  }

  /** After each change of what the agent has. */
  function look(agent: AgentId): (AgentView & FleetEntry) | undefined {
    const view = agents.get(agent);
    if (view) view.inFlight = inFlight(agent);
    return view;
  }

  function lookAtQueue(agent: AgentId | undefined): void {
    const view = agent && agents.get(agent);
    if (view) view.inLine = ownQueues.length(view.id);
  }

  function count(agent: AgentId, change: number): void {
    const next = (counts.get(agent) ?? 0) + change;
    if (next > 0) counts.set(agent, next);
    else counts.delete(agent);
  }

  function reserve(taskId: TaskId, agent: AgentId): number | null {
    const before = reserved.get(taskId);
    // Handed out again: it takes one place, not two. A seat has a row, which goes with the commit.
    if (before?.seat != null && before.epoch !== null) leaving.set(taskId, before);
    else if (before) vacate(taskId, before);
    const seat = hasSeats(agent) ? seats.take(agent, taskId) : null;
    if (seat === null) count(agent, 1);
    reserved.set(taskId, { agent, seat, epoch: null });
    look(agent);
    return seat;
  }

  function vacate(taskId: TaskId, { agent, seat }: Reservation): void {
    if (seat === null) count(agent, -1);
    else seats.leave(agent, seat, taskId);
    noteRoom(agent);
  }

  function noteRoom(agent: AgentId): void {
    const view = look(agent);
    if (view) for (const source of sourcesOf(view)) freed.add(source);
  }

  function settled(taskId: TaskId, agent: AgentId): void {
    lookAtQueue(ownQueues.leave(taskId));
    const reservation = reserved.get(taskId);
    if (reservation?.agent !== agent) {
      if (seats.leaveByName(agent, taskId)) noteRoom(agent);
      return;
    }
    reserved.delete(taskId);
    vacate(taskId, reservation);
    const before = leaving.get(taskId);
    if (!before) return;
    // The new hand-out was not committed, so the old one stands.
    leaving.delete(taskId);
    reserved.set(taskId, before);
  }

  const hasSeats = (agent: AgentId): boolean => (agents.get(agent)?.transport ?? 'push') === 'push';

  function namesFor(orgId: OrgId): QueueNames {
    const known = namesOf.get(orgId) ?? options.queuesFor(orgId);
    namesOf.set(orgId, known);
    return known;
  }

  /** What the task asks for, and who there is that offers it. */
  function askFor({ id, orgId, graph }: RunState, task: number) {
    const stage = graph.stages[task]?.stage;
    if (!stage) throw new Error(`run ${id} has no task ${task}`);
    return { stage, ours: bySource.get(agentSource(orgId, stage.type)) ?? [], queues: namesFor(orgId) };
  }

  function place(run: RunState, offer: Offer): Placement {
    const { stage, ours, queues } = askFor(run, offer.task);
    const placement = routeTask(stage, offer, ours, queues);
    if (placement.kind === 'wait') return placement;
    lookAtQueue(ownQueues.leave(offer.taskId));
    // status-words: a kind of placement
    if (placement.kind === 'queue') {
      if (placement.agent !== undefined) ownQueues.join(placement.agent, offer.taskId);
      lookAtQueue(placement.agent);
      return placement;
    }
    const seat = reserve(offer.taskId, placement.agent);
    return seat === null ? placement : { ...placement, seat };
  }

  function takeFreed(): Set<string> {
    const taken = freed;
    if (taken.size > 0) freed = new Set();
    return taken;
  }

  return {
    setFleet,
    inFlight,
    place,
    serves(run, task, queue) {
      const { stage, ours, queues } = askFor(run, task);
      return isServed(stage, queue, { agents: ours, queues });
    },
    settled,
    unqueued: (taskId) => lookAtQueue(ownQueues.leave(taskId)),
    hasSeats,
    takeFreed,
    freshen: async () => options.rereadSeats?.(),
    deliver(handOut) {
      const { taskId, agent, epoch } = handOut;
      const before = leaving.get(taskId);
      leaving.delete(taskId);
      if (before) vacate(taskId, before);
      const reservation = reserved.get(taskId);
      if (reservation?.agent === agent) {
        reservation.epoch = epoch;
        if (reservation.seat !== null) seats.handedOut({ agent, seat: reservation.seat, taskId, epoch });
      }
      const transport = agents.get(agent)?.transport;
      if (transport) options.carriers[transport]?.deliver(handOut);
    },
    stop(order) {
      const transport = agents.get(order.agent)?.transport;
      if (transport) options.carriers[transport]?.stop(order);
    },
    room(orgId, capability) {
      const views = bySource.get(agentSource(orgId, capability)) ?? [];
      return views.reduce((sum, view) => sum + Math.max(view.maxConcurrency - view.inFlight, 0), 0);
    },
    markSeats: seats.mark,
    correctSeats(rows, mark) {
      const corrected = seats.correct(rows, mark);
      for (const { taskId, agent } of corrected.ended) {
        if (reserved.get(taskId)?.agent === agent) reserved.delete(taskId);
      }
      const roomy = new Set<string>();
      for (const agent of corrected.agents) {
        const before = agents.get(agent)?.inFlight ?? 0;
        const view = look(agent);
        if (view && view.inFlight < before) for (const source of sourcesOf(view)) roomy.add(source);
      }
      if (roomy.size > 0) options.onRoom(roomy);
    },
    heldByOurs() {
      const held: HeldHere[] = [];
      for (const [taskId, { agent, seat, epoch }] of reserved) {
        if (seat === null && epoch !== null) held.push({ taskId, epoch, agent });
      }
      return held;
    },
    endedElsewhere(held) {
      for (const { taskId, epoch, agent } of held) {
        if (reserved.get(taskId)?.epoch !== epoch) continue;
        settled(taskId, agent);
        const transport = agents.get(agent)?.transport;
        const reason = 'the task was decided on elsewhere';
        if (transport) options.carriers[transport]?.stop({ taskId, epoch, agent, reason });
      }
      const roomy = takeFreed();
      if (roomy.size > 0) options.onRoom(roomy);
    },
  };
}
