import { randomUUID } from 'node:crypto';
import type { Sql } from '#db/client.ts';
import type { Broker, OutgoingMessage } from '#server/broker/port.ts';
import type { QueuedMessage } from './dispatches.ts';
import type { PausePoints } from './pause-points.ts';

const PRIORITY_WORDS = ['high', 'medium', 'low'] as const;

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
}

/**
 * Outbox to broker. A row is deleted once the broker has confirmed its message; whatever goes wrong in between, the
 * row is still there and is sent again, and the receiving side bears a message twice.
 */
export function createRelay(options: RelayOptions): Relay {
  const { sql, broker } = options;
  let flying = 0;
  let confirmed: string[] = [];
  let deleting: Promise<void> | null = null;
  let timer: NodeJS.Timeout | undefined;

  async function publish(rows: { id: string; message: QueuedMessage }[]): Promise<void> {
    flying += rows.length;
    try {
      await options.points.reach('before-publish');
      for (const queue of new Set(rows.map((row) => row.message.queue))) await broker.ensureQueue(queue);
      const outcomes = await broker.publish(rows.map((row) => toOutgoing(row.message)));
      await options.points.reach('after-publish');
      outcomes.forEach((outcome, at) => {
        if (outcome === 'confirmed') confirmed.push(rows[at]?.id ?? '');
      });
    } catch (error) {
      options.onTrouble('Messages could not be published; they stay in the outbox.', error);
    } finally {
      flying -= rows.length;
    }
    if (confirmed.length > 0) deleting ??= deleteConfirmed();
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
        .catch((error) => options.onTrouble('Confirmed outbox rows could not be deleted.', error));
    }
    deleting = null;
  }

  async function sweep(): Promise<number> {
    const rows = await sql<{ id: string; queue: string; priority: number; body: string }[]>`
      SELECT id::text, queue, priority, body FROM outbox
      WHERE created_at < now() - ${options.staleMs}::int * interval '1 ms' ORDER BY id LIMIT 500`;
    if (rows.length > 0) await publish(rows.map(({ id, ...message }) => ({ id, message })));
    return rows.length;
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
      void publish(outboxIds.map((id, at) => ({ id, message: messages[at] as QueuedMessage })));
    },
    start: schedule,
    async stop() {
      clearTimeout(timer);
      timer = undefined;
      await deleting;
    },
    sweep,
    inFlight: () => flying,
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
