import { randomUUID } from 'node:crypto';
import type { Sql } from '#db/client.ts';
import type { Broker, OutgoingMessage } from '#server/broker/port.ts';
import type { QueuedMessage } from './dispatches.ts';
import type { PausePoints } from './pause-points.ts';

const PRIORITY_WORDS = ['high', 'medium', 'low'] as const;

/** Rows that one look reads at once. */
const PAGE = 500;
/** Confirmed rows are deleted together: a flush of their own would stand in the way of the commits that runs wait for. */
const DELETE_AFTER_MS = 25;
/** Nobody needs to know how many more there are. */
const MOST_COUNTED = 100_000;

export interface RelayOptions {
  sql: Sql;
  broker: Broker;
  points: PausePoints;
  /** Rows that nobody has published for so long are published again. */
  staleMs: number;
  onTrouble(message: string, error: unknown): void;
}

export interface Relay {
  /** Publishes what a commit has just put into the outbox. */
  send(outboxIds: string[], messages: readonly QueuedMessage[]): void;
  start(): void;
  stop(): Promise<void>;
  /** Publishes rows that were left behind by a process that died, or that the broker did not confirm. */
  sweep(): Promise<number>;
  /** Messages on their way. */
  inFlight(): number;
  /**
   * Rows that no broker has confirmed: what was there at the last look, and what this process has added and removed since.
   * Counting them for each start would cost more than the start.
   */
  unpublished(): number;
}

/**
 * Outbox to broker. A row is deleted once the broker has confirmed its message; whatever goes wrong in between, the
 * row is still there and is sent again, and the receiving side bears a message twice.
 */
export function createRelay(options: RelayOptions): Relay {
  const { sql, broker } = options;
  let flying = 0;
  let unpublished = 0;
  let confirmed: string[] = [];
  let deleting: Promise<void> | null = null;
  let soon: NodeJS.Timeout | undefined;
  let timer: NodeJS.Timeout | undefined;
  let recount: NodeJS.Timeout | undefined;
  let isStopped = false;

  /** Says how many the broker has confirmed. */
  async function publish(rows: { id: string; message: QueuedMessage }[]): Promise<number> {
    flying += rows.length;
    let taken = 0;
    try {
      await options.points.reach('before-publish');
      await ensureQueues(new Set(rows.map((row) => row.message.queue)));
      const outcomes = await broker.publish(rows.map((row) => toOutgoing(row.message)));
      await options.points.reach('after-publish');
      outcomes.forEach((outcome, at) => {
        if (outcome !== 'confirmed') return;
        confirmed.push(rows[at]?.id ?? '');
        taken += 1;
      });
    } catch (error) {
      options.onTrouble('Messages could not be published; they stay in the outbox.', error);
    } finally {
      flying -= rows.length;
    }
    if (confirmed.length > 0) deleteSoon();
    return taken;
  }

  /** One that is not to be had holds up nobody else's messages: what is meant for it finds no queue, and stays. */
  async function ensureQueues(queues: ReadonlySet<string>): Promise<void> {
    for (const queue of queues) {
      await broker
        .ensureQueue(queue)
        .catch((error) =>
          options.onTrouble(`The queue ${queue} could not be made; its messages stay in the outbox.`, error),
        );
    }
  }

  function deleteSoon(): void {
    if (deleting !== null) return;
    soon ??= setTimeout(deleteNow, DELETE_AFTER_MS);
  }

  async function deleteNow(): Promise<void> {
    clearTimeout(soon);
    soon = undefined;
    if (confirmed.length > 0) deleting ??= deleteConfirmed();
    await deleting;
  }

  /** One deletion at a time takes all that was confirmed meanwhile. Losing it only sends a message twice. */
  async function deleteConfirmed(): Promise<void> {
    while (confirmed.length > 0) {
      const ids = confirmed;
      confirmed = [];
      await sql
        .unsafe('DELETE FROM outbox WHERE id = ANY ($1::text::bigint[])', [`{${ids.join(',')}}`], {
          prepare: true,
        })
        .then(({ count }) => {
          unpublished = Math.max(0, unpublished - count);
        })
        .catch((error) => options.onTrouble('Confirmed outbox rows could not be deleted.', error));
    }
    deleting = null;
  }

  /** Page after page for as long as the broker takes them: what an outage has left need not wait for many looks. */
  async function sweep(): Promise<number> {
    await count();
    for (let total = 0, after = '0'; ; ) {
      const rows = await sql<{ id: string; queue: string; priority: number; body: string }[]>`
        SELECT id::text, queue, priority, body FROM outbox
        WHERE id > ${after}::text::bigint AND created_at < now() - ${options.staleMs}::int * interval '1 ms'
        ORDER BY id LIMIT ${PAGE}::int`;
      total += rows.length;
      after = rows.at(-1)?.id ?? after;
      const taken = rows.length > 0 ? await publish(rows.map(({ id, ...message }) => ({ id, message }))) : 0;
      await deleteNow();
      if (rows.length < PAGE || taken < rows.length || isStopped) return total;
    }
  }

  async function count(): Promise<void> {
    const [row] = await sql<[{ count: number }]>`
      SELECT count(*)::int AS count FROM (SELECT FROM outbox LIMIT ${MOST_COUNTED}::int) AS seen`;
    unpublished = row.count;
  }

  /** What others have published for us is known to nobody but the table; only coordinators look there anyway. */
  function countLater(): void {
    if (isStopped) return;
    recount ??= setTimeout(async () => {
      await count().catch((error) => options.onTrouble('The outbox could not be counted.', error));
      recount = undefined;
      if (unpublished > 0) countLater();
    }, options.staleMs).unref();
  }

  function schedule(): void {
    timer = setTimeout(() => {
      sweep()
        .catch((error) => options.onTrouble('The outbox could not be read.', error))
        .finally(() => {
          if (timer) schedule();
        });
    }, options.staleMs);
    timer.unref();
  }

  return {
    send(outboxIds, messages) {
      unpublished += outboxIds.length;
      countLater();
      void publish(outboxIds.map((id, at) => ({ id, message: messages[at] as QueuedMessage })));
    },
    start: schedule,
    async stop() {
      isStopped = true;
      clearTimeout(timer);
      clearTimeout(recount);
      timer = undefined;
      await deleteNow();
    },
    sweep,
    inFlight: () => flying,
    unpublished: () => unpublished,
  };
}

function toOutgoing(message: QueuedMessage): OutgoingMessage {
  return {
    queue: message.queue,
    priority: PRIORITY_WORDS[message.priority] ?? 'medium',
    messageId: randomUUID(),
    body: message.body,
  };
}
