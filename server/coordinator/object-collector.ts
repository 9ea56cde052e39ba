import type { Sql } from '#db/client.ts';
import { type Doomed, doomObjects, forgetObjects, takeUpDoomed } from '#db/queries/stored-objects.ts';
import type { ObjectStore } from '#server/platform/object-store/port.ts';

export interface CollectorOptions {
  objects: Pick<ObjectStore, 'delete'>;
  /** What was stored or referred to more lately is left alone: an upload may not be referred to yet. */
  graceMs?: number;
  /** Rows looked at in one statement, and in one run. */
  pageSize?: number;
  maxLooked?: number;
  /** 0 to 1: where the first run begins. */
  random(): number;
  now(): number;
  isStopped(): boolean;
  onTrouble(message: string, error: unknown): void;
}

export interface ObjectCollector {
  /** Goes on where the last run ended. Returns how many objects were deleted. */
  run(sql: Sql): Promise<number>;
}

const DAY_MS = 24 * 60 * 60 * 1000;
const AT_ONCE = 8;
/**
 * A doom is acted on at once or not at all: a process that slept on it must not delete what has been stored anew since.
 * Far within the time after which others take the doom for nobody's, so that a slow delete ends within it too.
 */
const DOOM_FRESH_MS = 60_000;

/**
 * Deletes objects that no kept run refers to. `db/queries/stored-objects.ts` says how it keeps out of the way of those
 * who store the same content again. Any number may run at once; one that dies leaves nothing that the next one does
 * not finish. What cannot be deleted stays doomed and is tried again.
 */
export function createObjectCollector(options: CollectorOptions): ObjectCollector {
  const { objects, onTrouble } = options;
  const graceMs = options.graceMs ?? DAY_MS;
  const pageSize = options.pageSize ?? 500;
  const maxLooked = options.maxLooked ?? 200_000;
  /** Not at the front each time: whoever is restarted often would never get to the end. */
  let cursor = Math.floor(options.random() * 0x1_0000)
    .toString(16)
    .padStart(4, '0');

  async function bury(sql: Sql, doomed: Doomed, sinceMs: number): Promise<number> {
    const left = [...doomed.hashes];
    const gone: string[] = [];
    async function work(): Promise<void> {
      for (let hash = left.pop(); hash !== undefined; hash = left.pop()) {
        if (options.now() - sinceMs > DOOM_FRESH_MS) return;
        try {
          await objects.delete(hash);
          gone.push(hash);
        } catch (error) {
          onTrouble('An object that no run needs could not be deleted; it is tried again.', error);
        }
      }
    }
    await Promise.all(Array.from({ length: AT_ONCE }, work));
    if (gone.length > 0) await forgetObjects(sql, { ...doomed, hashes: gone });
    return gone.length;
  }

  async function finishOthers(sql: Sql): Promise<number> {
    let deleted = 0;
    while (!options.isStopped()) {
      const since = options.now();
      const doomed = await takeUpDoomed(sql, pageSize);
      if (doomed.hashes.length === 0) break;
      deleted += await bury(sql, doomed, since);
    }
    return deleted;
  }

  return {
    async run(sql) {
      let deleted = await finishOthers(sql);
      const start = cursor;
      let isSecondLap = false;
      for (let looked = 0; looked < maxLooked && !options.isStopped(); looked += pageSize) {
        const since = options.now();
        const page = await doomObjects(sql, { after: cursor, limit: pageSize, graceMs });
        deleted += await bury(sql, page, since);
        if (page.last === null && isSecondLap) break;
        if (page.last === null) isSecondLap = true;
        cursor = page.last ?? '';
        if (isSecondLap && cursor >= start) break;
      }
      return deleted;
    },
  };
}
