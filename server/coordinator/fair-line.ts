import type { OrgId, RunId } from '#server/domain/ids.ts';

export interface WaitingTask {
  orgId: OrgId;
  runId: RunId;
  task: number;
}

/**
 * A line in which every tenant has its turn, within a tenant every run, and within a run who came first. So a run waits
 * for as many tasks as there are runs in line, not for all tasks of a large one. A take costs the same however long the
 * line is.
 */
export interface FairLine {
  add(task: WaitingTask): void;
  take(): WaitingTask | undefined;
  /** Nobody waits for what the run would have done; says which of its tasks were in line. */
  drop(orgId: OrgId, runId: RunId): readonly WaitingTask[];
  size(): number;
}

/** Taken from the front with nothing moved: the dead part is cut off now and then. */
interface Fifo<Item> {
  items: Item[];
  head: number;
}

/**
 * Whose turn it is, and what each of them has. Plain records, as there may be one for each of 100,000 runs. Who has left
 * the line is skipped when their turn comes, unless most have: then they are taken out of the order together.
 */
interface Turns<Key, Part> {
  order: Fifo<Key>;
  parts: Map<Key, Part>;
  left: number;
}

type Runs = Turns<RunId, Fifo<WaitingTask>>;

const COMPACT_AFTER = 1000;

export function createFairLine(): FairLine {
  const tenants: Turns<OrgId, Runs> = newTurns();
  let size = 0;
  return {
    add(task) {
      const runs = partOf(tenants, task.orgId, newTurns<RunId, Fifo<WaitingTask>>);
      partOf(runs, task.runId, newFifo<WaitingTask>).items.push(task);
      size += 1;
    },
    take() {
      const task = takeTurn(tenants, {
        take: (runs) => takeTurn(runs, { take: shift, isEmpty }),
        isEmpty: (runs) => runs.parts.size === 0,
      });
      if (task) size -= 1;
      return task;
    },
    drop(orgId, runId) {
      const runs = tenants.parts.get(orgId);
      const tasks = runs?.parts.get(runId);
      if (!runs || !tasks) return [];
      leave(runs, runId);
      if (runs.parts.size === 0) leaveAtOnce(tenants, orgId);
      const dropped = tasks.items.slice(tasks.head);
      size -= dropped.length;
      return dropped;
    },
    size: () => size,
  };
}

const newFifo = <Item>(): Fifo<Item> => ({ items: [], head: 0 });
const newTurns = <Key, Part>(): Turns<Key, Part> => ({ order: newFifo(), parts: new Map(), left: 0 });
const isEmpty = <Item>({ items, head }: Fifo<Item>): boolean => head >= items.length;

function shift<Item>(fifo: Fifo<Item>): Item | undefined {
  if (isEmpty(fifo)) return undefined;
  const item = fifo.items[fifo.head];
  fifo.head += 1;
  if (fifo.head >= COMPACT_AFTER && fifo.head * 2 > fifo.items.length) {
    fifo.items = fifo.items.slice(fifo.head);
    fifo.head = 0;
  }
  return item;
}

/** Who comes anew joins at the end. */
function partOf<Key, Part>(turns: Turns<Key, Part>, key: Key, make: () => Part): Part {
  const known = turns.parts.get(key);
  if (known) return known;
  const made = make();
  turns.parts.set(key, made);
  turns.order.items.push(key);
  return made;
}

/** For who does not come back: a run that is over. */
function leave<Key, Part>(turns: Turns<Key, Part>, key: Key): void {
  turns.parts.delete(key);
  turns.left += 1;
  const { items, head } = turns.order;
  if (turns.left >= COMPACT_AFTER && turns.left * 2 >= items.length - head) tidy(turns);
}

/** For who may come back, and must not have two turns then. They are few. */
function leaveAtOnce<Key, Part>(turns: Turns<Key, Part>, key: Key): void {
  turns.parts.delete(key);
  tidy(turns);
}

function tidy<Key, Part>(turns: Turns<Key, Part>): void {
  const { order, parts } = turns;
  order.items = order.items.slice(order.head).filter((key) => parts.has(key));
  order.head = 0;
  turns.left = 0;
}

/** The next one's next item; it goes to the end while it has more. */
function takeTurn<Key, Part, Item>(
  turns: Turns<Key, Part>,
  of: { take(part: Part): Item | undefined; isEmpty(part: Part): boolean },
): Item | undefined {
  const { order, parts } = turns;
  let key = shift(order);
  let part = key === undefined ? undefined : parts.get(key);
  while (key !== undefined && part === undefined) {
    turns.left -= 1;
    key = shift(order);
    part = key === undefined ? undefined : parts.get(key);
  }
  if (key === undefined || part === undefined) return undefined;
  const item = of.take(part);
  if (of.isEmpty(part)) parts.delete(key);
  else order.items.push(key);
  return item;
}
