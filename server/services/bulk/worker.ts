import { setTimeout as delay } from 'node:timers/promises';
import type { Sql } from '#db/client.ts';
import {
  type BulkItem,
  type BulkOutcome,
  type BulkWork,
  finishBulk,
  keepPlan,
  nextItems,
  recordOutcomes,
  releaseBulk,
  stopBulk,
  takeBulk,
} from '#db/queries/bulk.ts';
import { fromUuid } from '#server/domain/ids.ts';
import { type Actor, may, mayAnywhere } from '#server/identity/actor.ts';
import { fromSnapshot } from '#server/identity/actor-snapshot.ts';
import { auditNote } from '#server/identity/audit/note.ts';
import type { Services } from '../context.ts';
import { applyItem } from './apply-item.ts';

export interface BulkWorkerOptions {
  services: Services;
  /** The owner's: bulks of all tenants are taken in the order in which they came. */
  sql: Sql;
  /** Items at once. */
  page?: number;
  /** Runs that a bulk touches in a second at most: others want to work too. */
  perSecond?: number;
  idleMs?: number;
  onTrouble(message: string, error: unknown): void;
}

export interface BulkWorker {
  start(): void;
  /** Ends after the page that is under way. */
  stop(): Promise<void>;
}

const MAX_TRIES = 5;

/**
 * Works off bulks, one at a time, page by page. What came of an item is written down after it was done, so a process
 * that dies in between leaves items that are done and not written down: the next one does them again, and each action
 * bears that (see `apply-item.ts`).
 */
export function createBulkWorker(options: BulkWorkerOptions): BulkWorker {
  const { services, sql, page = 20, perSecond = 200, idleMs = 1_000, onTrouble } = options;
  const stopping = new AbortController();
  const sleep = (ms: number) =>
    delay(ms, undefined, { signal: stopping.signal, ref: false }).catch(() => undefined);
  const tries = new Map<number, number>();

  /** With the rights that whoever asked has at this moment. Null: not now; undefined: they have none any more. */
  async function tryItem(bulk: BulkWork, item: BulkItem): Promise<BulkOutcome | null | undefined> {
    try {
      const actor = await services.identity.presently(fromSnapshot(bulk.actor));
      if (!mayGoOn(actor)) return undefined;
      return await applyItem({
        ...{ services, actor, bulk, item },
        keepPlan: (plan) => keepPlan(sql, { bulkId: bulk.id, position: item.position, plan }),
      });
    } catch (error) {
      const count = (tries.get(item.position) ?? 0) + 1;
      tries.set(item.position, count);
      onTrouble('an item of a bulk could not be tried', error);
      if (count < MAX_TRIES) return null;
      const message = 'It could not be tried; the log says more.';
      return { position: item.position, result: 'failed', made: null, code: 'INTERNAL', message };
    }
  }

  async function work(bulk: BulkWork): Promise<void> {
    tries.clear();
    while (!stopping.signal.aborted) {
      const items = await nextItems(sql, bulk.id, page);
      if (items.length === 0) return finishBulk(sql, bulk.id);
      const outcomes = await Promise.all(items.map((item) => tryItem(bulk, item)));
      const done = outcomes.filter((outcome) => outcome != null);
      if (!(await recordOutcomes(sql, bulk, done))) return;
      if (outcomes.includes(undefined)) return stop(bulk);
      await sleep(done.length < items.length ? idleMs : (items.length / perSecond) * 1000);
      while (isEngineBehind(services) && !stopping.signal.aborted) await sleep(idleMs);
    }
    await releaseBulk(sql, bulk);
  }

  /** What was done stays; what is left is left alone, and both the bulk and the audit say why. */
  async function stop(bulk: BulkWork): Promise<void> {
    const actor = fromSnapshot(bulk.actor);
    const because = `${actor.name}, who asked for it, may not do this any more.`;
    const target = fromUuid('bulk', bulk.id);
    const { body } = auditNote(actor, 'bulk.stopped', { target, reason: because });
    await stopBulk(sql, bulk, { because, note: body });
  }

  async function loop(): Promise<void> {
    while (!stopping.signal.aborted) {
      try {
        const bulk = await takeBulk(sql);
        if (bulk) await work(bulk);
        else await sleep(idleMs);
      } catch (error) {
        onTrouble('bulks could not be worked on', error);
        await sleep(idleMs);
      }
    }
  }

  let running: Promise<void> = Promise.resolve();
  return {
    start() {
      running = loop();
    },
    async stop() {
      stopping.abort();
      await running;
    },
  };
}

/** As in the asking: what may be done to single runs is asked of each. */
const mayGoOn = (actor: Actor): boolean => may(actor, 'run.read') && mayAnywhere(actor, 'run.operate');

/** Work of people and programs goes before that of a bulk. */
const isEngineBehind = ({ engine, limits }: Services): boolean =>
  engine.load().entries > limits.maxBacklog / 10;
