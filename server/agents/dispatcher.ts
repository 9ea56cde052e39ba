import type { Offer, Placement } from '#server/domain/engine/happenings.ts';
import type { RunState } from '#server/domain/engine/state.ts';
import type { HandOut, Hands, StopOrder } from '#server/domain/hands.ts';
import type { AgentId, OrgId, TaskId } from '#server/domain/ids.ts';
import { type AgentView, type QueueNames, routeTask, type Transport } from '#server/domain/routing.ts';

/** How work reaches agents of one transport that the engine hands leases to. */
export interface Carrier {
  deliver(handOut: HandOut): void;
  stop(order: StopOrder): void;
}

export interface DispatcherOptions {
  queues: QueueNames;
  carriers: Partial<Record<Transport, Carrier>>;
  /** Leases this process hands out at once, over all its agents. */
  maxConcurrentTasks: number;
  /** The fleet has changed: something that waits may start. */
  onRoom(capabilities: ReadonlySet<string>): void;
}

export interface FleetEntry extends Omit<AgentView, 'inFlight'> {
  orgId: OrgId;
}

export interface Dispatcher extends Hands {
  /** Replaces what is known of the fleet; reservations stay. */
  setFleet(entries: readonly FleetEntry[]): void;
  inFlight(agent: AgentId): number;
}

/** Chooses agents and keeps count of what each of them has in hand, as far as this process gave it to them. */
export function createDispatcher(options: DispatcherOptions): Dispatcher {
  const agents = new Map<AgentId, AgentView>();
  const byCapability = new Map<string, (AgentView & FleetEntry)[]>();
  const counts = new Map<AgentId, number>();
  const reserved = new Map<TaskId, AgentId>();
  let freed = new Set<string>();

  function setFleet(entries: readonly FleetEntry[]): void {
    agents.clear();
    byCapability.clear();
    for (const entry of entries) {
      const view = { ...entry, inFlight: counts.get(entry.id) ?? 0 };
      agents.set(view.id, view);
      for (const capability of view.capabilities) {
        const list = byCapability.get(capability);
        if (list) list.push(view);
        else byCapability.set(capability, [view]);
      }
    }
    options.onRoom(new Set(byCapability.keys()));
  }

  function count(agent: AgentId, change: number): AgentView | undefined {
    const next = (counts.get(agent) ?? 0) + change;
    if (next > 0) counts.set(agent, next);
    else counts.delete(agent);
    const view = agents.get(agent);
    if (view) view.inFlight = Math.max(next, 0);
    return view;
  }

  function place(run: RunState, offer: Offer): Placement {
    const stage = run.graph.stages[offer.task]?.stage;
    if (!stage) throw new Error(`run ${run.id} has no task ${offer.task}`);
    const ours = ofTenant(byCapability.get(stage.type) ?? [], run.orgId);
    const placement = routeTask(stage, offer, ours, options.queues);
    if (placement.kind !== 'start') return placement;
    if (reserved.size >= options.maxConcurrentTasks) {
      return { kind: 'wait', wait: { code: 'quota', blockers: ['MAX_CONCURRENT_TASKS'] } };
    }
    return placement;
  }

  return {
    setFleet,
    inFlight: (agent) => counts.get(agent) ?? 0,
    place(run, offer) {
      const placement = place(run, offer);
      if (placement.kind === 'start') {
        const before = reserved.get(offer.taskId);
        // Handed out again in the same batch: it takes one place, not two.
        if (before !== undefined) count(before, -1);
        reserved.set(offer.taskId, placement.agent);
        count(placement.agent, 1);
      }
      return placement;
    },
    settled(taskId, agent) {
      if (reserved.get(taskId) !== agent) return;
      reserved.delete(taskId);
      for (const capability of count(agent, -1)?.capabilities ?? []) freed.add(capability);
    },
    deliver(handOut) {
      const transport = agents.get(handOut.agent)?.transport;
      if (transport) options.carriers[transport]?.deliver(handOut);
    },
    stop(order) {
      const transport = agents.get(order.agent)?.transport;
      if (transport) options.carriers[transport]?.stop(order);
    },
    takeFreed() {
      const taken = freed;
      if (taken.size > 0) freed = new Set();
      return taken;
    },
    room(capability) {
      const free = (byCapability.get(capability) ?? []).reduce(
        (sum, view) => sum + Math.max(view.maxConcurrency - view.inFlight, 0),
        0,
      );
      return Math.min(free, Math.max(options.maxConcurrentTasks - reserved.size, 0));
    },
  };
}

/** Nobody works for strangers. Most installations have one tenant, and then nothing is copied. */
function ofTenant<View extends FleetEntry>(views: readonly View[], orgId: OrgId): readonly View[] {
  return views.every((view) => view.orgId === orgId) ? views : views.filter((view) => view.orgId === orgId);
}
