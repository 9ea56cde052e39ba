import type { AgentId, TaskId } from '#server/domain/ids.ts';

/** One hand-out to an agent whose room all processes share, as its row has it. */
export interface Seat {
  agent: AgentId;
  seat: number;
  taskId: TaskId;
  epoch: number;
}

/**
 * What this process believes of the seats of agents that any process can call. The truth is the row: the commit that
 * hands a task out takes a numbered seat, and of two that take the same one, one is refused.
 */
export interface SeatBook {
  /** Takes the lowest free seat. It has no row before `handedOut`. */
  take(agent: AgentId, taskId: TaskId): number;
  handedOut(seat: Seat): void;
  /** The task is gone from it, as far as this process has to do with that. */
  leave(agent: AgentId, seat: number, taskId: TaskId): void;
  /** The same for a task that another process handed out; false when it sits nowhere. */
  leaveByName(agent: AgentId, taskId: TaskId): boolean;
  taken(agent: AgentId): number;
  /** To be asked before the rows are read, and given to `correct`: what has happened since is not in them. */
  mark(): number;
  /** Takes over what the rows say. Tells which seats, taken here, others have set free. */
  correct(rows: readonly Seat[], mark: number): { agents: Set<AgentId>; ended: Seat[] };
}

interface Sitter {
  taskId: TaskId;
  /** Null until the commit is made that takes the seat. */
  epoch: number | null;
  /** Handed out by this process. */
  isOurs: boolean;
  changedAt: number;
}

const nameOf = (agent: AgentId, seat: number, taskId: TaskId): string => `${agent} ${seat} ${taskId}`;

export function createSeatBook(): SeatBook {
  const seats = new Map<AgentId, Map<number, Sitter>>();
  /** Whom this process has seen leave, and when: rows that were read before have them still. */
  const left = new Map<string, number>();
  let changes = 0;

  function seatsOf(agent: AgentId): Map<number, Sitter> {
    const known = seats.get(agent) ?? new Map<number, Sitter>();
    seats.set(agent, known);
    return known;
  }

  /** Ours that have no row: not committed yet, or ended by somebody else. */
  function isGone({ isOurs, epoch, changedAt }: Sitter, mark: number): boolean {
    return !isOurs || (epoch !== null && changedAt <= mark);
  }

  function leave(agent: AgentId, seat: number, taskId: TaskId): void {
    changes += 1;
    left.set(nameOf(agent, seat, taskId), changes);
    const own = seats.get(agent);
    if (own?.get(seat)?.taskId === taskId) own.delete(seat);
    if (own?.size === 0) seats.delete(agent);
  }

  return {
    take(agent, taskId) {
      const own = seatsOf(agent);
      let seat = 1;
      while (own.has(seat)) seat += 1;
      changes += 1;
      own.set(seat, { taskId, epoch: null, isOurs: true, changedAt: changes });
      return seat;
    },
    handedOut({ agent, seat, taskId, epoch }) {
      changes += 1;
      seatsOf(agent).set(seat, { taskId, epoch, isOurs: true, changedAt: changes });
    },
    leave,
    leaveByName(agent, taskId) {
      for (const [seat, sitter] of seats.get(agent) ?? []) {
        if (sitter.taskId !== taskId || sitter.isOurs) continue;
        leave(agent, seat, taskId);
        return true;
      }
      return false;
    },
    taken: (agent) => seats.get(agent)?.size ?? 0,
    mark: () => changes,
    correct(rows, mark) {
      const agents = new Set([...seats.keys(), ...rows.map((row) => row.agent)]);
      const before = new Map(seats);
      const ended: Seat[] = [];
      seats.clear();
      for (const { agent, seat, taskId, epoch } of rows) {
        if ((left.get(nameOf(agent, seat, taskId)) ?? 0) > mark) continue;
        const was = before.get(agent)?.get(seat);
        const isOurs = was?.taskId === taskId && was.isOurs;
        seatsOf(agent).set(seat, { taskId, epoch, isOurs, changedAt: was?.changedAt ?? changes });
      }
      for (const [agent, own] of before) {
        for (const [seat, sitter] of own) {
          const { taskId, epoch, isOurs } = sitter;
          if (seats.get(agent)?.get(seat)?.taskId === taskId) continue;
          if (!isGone(sitter, mark)) seatsOf(agent).set(seat, sitter);
          else if (isOurs && epoch !== null) ended.push({ agent, seat, taskId, epoch });
        }
      }
      for (const [name, at] of left) if (at <= mark) left.delete(name);
      return { agents, ended };
    },
  };
}
