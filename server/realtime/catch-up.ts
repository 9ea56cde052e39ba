import { setTimeout as sleep } from 'node:timers/promises';
import type { RunId } from '#server/domain/ids.ts';
import type { RunNews } from '#server/domain/live.ts';
import type { Actor } from '#server/identity/actor.ts';
import type { Services } from '#server/services/context.ts';
import { type ReadFrom, type RunReading, readNews, toNews } from '#server/services/live/read-news.ts';
import type { Desk } from './desk.ts';

export interface CatchUpOptions {
  services: Pick<Services, 'db' | 'graphOf'>;
  actor: Actor;
  desk: Desk;
  /** Resolves when there is room for more; false when there never will be. */
  room(): Promise<boolean>;
  deliver(news: readonly RunNews[]): void;
  onTrouble(message: string, error: unknown): void;
}

/** Runs that one connection reads by itself, until it is where everybody is. */
export interface CatchUp {
  /** A run that is being read already is read from the earlier place only if it is told so: `from` replaces. */
  add(runId: RunId, from: ReadFrom): void;
  drop(runId: RunId): void;
  has(runId: RunId): boolean;
  isEmpty(): boolean;
  /** Of what everybody is told, what this connection has not had. */
  strain(news: readonly RunNews[]): readonly RunNews[];
  /** Up to there it has had the run, from elsewhere. */
  floor(runId: RunId, seq: number): void;
  floorOf(runId: RunId): number;
  /** Gives all runs up but these. By run, the last number that it has had. */
  giveUp(isKept: (runId: RunId) => boolean): Map<RunId, number>;
  looked(count: number): void;
  close(): void;
}

/** A page holds at most 200 commits of each of these. */
const RUNS_A_PAGE = 20;
const AFTER_TROUBLE_MS = 1000;

interface Reading {
  from: ReadFrom;
  /** Told at least once, even if only how it stands. */
  isTold: boolean;
}

export function createCatchUp(options: CatchUpOptions): CatchUp {
  const { services, actor, desk, onTrouble } = options;
  const runs = new Map<RunId, Reading>();
  /** What it has had of runs whose common position may lie before that. */
  const floors = new Map<RunId, { seq: number; looks: number }>();
  let working = false;
  let closed = false;

  async function work(): Promise<void> {
    working = true;
    while (runs.size > 0 && !closed) {
      if (!(await options.room()) || closed) break;
      await readPage().catch(async (error: unknown) => {
        onTrouble('Events could not be read for one who catches up.', error);
        await sleep(AFTER_TROUBLE_MS);
      });
    }
    working = false;
  }

  async function readPage(): Promise<void> {
    const page = [...runs].slice(0, RUNS_A_PAGE);
    const requests = page.map(([runId, { from }]) => ({ runId, from, known: null }));
    const readings = new Map(
      (await readNews(services, actor.orgId, requests)).map((reading) => [reading.runId, reading]),
    );
    if (closed) return;
    const news: RunNews[] = [];
    for (const [runId, entry] of page) {
      // Asked anew, or no longer, while it was read.
      if (runs.get(runId) !== entry) continue;
      const reading = readings.get(runId);
      if (!reading) {
        end(runId);
        continue;
      }
      if (reading.events.length > 0 || !entry.isTold) news.push(toNews(reading));
      if (!join(runId, reading)) runs.set(runId, { from: { after: reading.position }, isTold: true });
    }
    if (news.length > 0) options.deliver(news);
  }

  /** False while others have been told more: that was withheld from this connection, and is read now. */
  function join(runId: RunId, reading: RunReading): boolean {
    const { position, lastSeq } = reading;
    if (position < lastSeq || (desk.position(runId) ?? 0) > position) return false;
    floors.set(runId, { seq: position, looks: desk.looks() });
    desk.meet(reading);
    end(runId);
    return true;
  }

  function end(runId: RunId): void {
    if (runs.delete(runId)) desk.unpin(runId);
  }

  function strainOne(news: RunNews): RunNews[] {
    if (runs.has(news.runId)) return [];
    const floor = floors.get(news.runId)?.seq ?? 0;
    const last = news.events.at(-1)?.seq ?? 0;
    if (last >= floor) floors.delete(news.runId);
    if ((news.events[0]?.seq ?? 0) > floor) return [news];
    if (last <= floor) return [];
    return [{ ...news, events: news.events.filter(({ seq }) => seq > floor) }];
  }

  return {
    add(runId, from) {
      if (!runs.has(runId)) desk.pin(runId);
      runs.set(runId, { from, isTold: false });
      if (!working && !closed) void work();
    },
    drop: end,
    has: (runId) => runs.has(runId),
    isEmpty: () => runs.size === 0,
    strain: (news) => (runs.size === 0 && floors.size === 0 ? news : news.flatMap(strainOne)),
    floor(runId, seq) {
      floors.set(runId, { seq, looks: desk.looks() });
    },
    floorOf: (runId) => floors.get(runId)?.seq ?? 0,
    giveUp(isKept) {
      const had = new Map<RunId, number>();
      for (const [runId, { seq }] of floors) had.set(runId, seq);
      for (const [runId, { from }] of [...runs]) {
        if (isKept(runId)) continue;
        if (from !== 'now' && 'after' in from) had.set(runId, from.after);
        end(runId);
      }
      return had;
    },
    looked(count) {
      // Read before the look before the last: no run that is met again can begin below it.
      for (const [runId, { looks }] of floors) if (looks <= count - 2) floors.delete(runId);
    },
    close() {
      closed = true;
      for (const runId of [...runs.keys()]) end(runId);
    },
  };
}
