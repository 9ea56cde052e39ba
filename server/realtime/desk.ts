import type { OrgId, RunId } from '#server/domain/ids.ts';
import type { RunNews } from '#server/domain/live.ts';
import { advance, type RunProgress } from '#server/domain/run-progress.ts';
import type { Services } from '#server/services/context.ts';
import { type Moment, takeMoment } from '#server/services/live/moment.ts';
import { findMovedRuns, type MovedRun } from '#server/services/live/moved-runs.ts';
import { type ReadRequest, type RunReading, readNews, toNews } from '#server/services/live/read-news.ts';
import { type Audience, createAudience } from './audience.ts';
import type { NudgedRun } from './nudge.ts';

/** One connection, as its org's desk sees it. */
export interface Member {
  take(news: readonly RunNews[]): void;
  /** Everything up to this moment has been handed to it, unless it says that it is behind. */
  reached(moment: Moment): void;
  /** More happened since that moment than could be looked through; by run, the last number that it was told since. */
  lost(since: Moment, told: ReadonlyMap<RunId, number>): void;
  /** So many looks are over. */
  looked(count: number): void;
}

export interface DeskOptions {
  services: Pick<Services, 'db' | 'graphOf'>;
  orgId: OrgId;
  /** What moves within this time is told together. */
  flushMs: number;
  now(): number;
  onTrouble(message: string, error: unknown): void;
}

/** Reads the new events of one org's runs, once for all who hear them. */
export interface Desk {
  audience: Audience<Member>;
  members: Set<Member>;
  nudge(runs: readonly NudgedRun[]): void;
  /** Before a member hears runs that it has not named: from now on nothing of any run is passed over. */
  widen(): Promise<void>;
  /** Up to there everything was told to those who hear everything. */
  moment(): Moment | null;
  /** Looks at what has moved whether or not it was told, and lets go of what nobody needs. */
  look(): Promise<void>;
  looks(): number;
  /** Looks that have begun: the moment of the latest may be older than what is read meanwhile. */
  begun(): number;
  /** While pinned a run's position is kept. */
  pin(runId: RunId): void;
  unpin(runId: RunId): void;
  position(runId: RunId): number | undefined;
  /** A member has read the run up to there by itself; where nobody else was before, all go on from there. */
  meet(reading: RunReading): void;
  close(): void;
}

interface Watched {
  progress: RunProgress;
  /** The last number that was told. */
  position: number;
  /** How many looks were over when it was last read. */
  readAt: number;
}

/** Runs of one reading. */
const PAGE = 200;
/** Readings in a row; then others have their turn. */
const PAGES = 20;
/** What a look finds at most; with more the members go through it by themselves, each at its own pace. */
const LOOK = { limit: 100_000, commits: 200_000 };
const AFTER_TROUBLE_MS = 1000;

export function createDesk(options: DeskOptions): Desk {
  const { services, orgId, flushMs, now, onTrouble } = options;
  const audience = createAudience<Member>();
  const members = new Set<Member>();
  const watched = new Map<RunId, Watched>();
  const pins = new Map<RunId, number>();
  const dirty = new Set<RunId>();
  /** All that this could see has been told. Null while nobody hears runs that he has not named. */
  let since: Moment | null = null;
  let widening: Promise<void> | null = null;
  let looks = 0;
  let begun = 0;
  /**
   * From a look's moment until that is told nothing newer is told: whoever resumes from there would hear it again, and
   * has been told that it need not remember what it heard before.
   */
  let isStill = false;
  let timer: NodeJS.Timeout | undefined;
  let flushing: Promise<boolean> | null = null;
  let flushedAt = Number.NEGATIVE_INFINITY;
  let failedAt = Number.NEGATIVE_INFINITY;
  let closed = false;

  /** A run that nobody has met can be read only from a moment on; it waits for who meets it, or for the moment. */
  const isReadable = (runId: RunId): boolean => watched.has(runId) || since !== null;

  function schedule(): void {
    if (timer || closed || isStill || dirty.size === 0) return;
    timer = setTimeout(
      () => {
        timer = undefined;
        // What went wrong is reported, and tried again.
        flush().catch(() => undefined);
      },
      // A clock that was set back must not make it wait until it has caught up.
      Math.min(
        Math.max(0, flushedAt + flushMs - now(), failedAt + AFTER_TROUBLE_MS - now()),
        Math.max(flushMs, AFTER_TROUBLE_MS),
      ),
    );
  }

  function flush(): Promise<boolean> {
    flushing ??= readPages().finally(() => {
      flushing = null;
      flushedAt = now();
      schedule();
    });
    return flushing;
  }

  async function readPages(): Promise<boolean> {
    let pages = 0;
    while (pages < PAGES && (await readPage())) pages += 1;
    return pages > 0;
  }

  /** False when there is nothing left that could be read. */
  async function readPage(): Promise<boolean> {
    const page: RunId[] = [];
    for (const runId of dirty) if (isReadable(runId) && page.push(runId) === PAGE) break;
    if (page.length === 0 || closed) return false;
    for (const runId of page) dirty.delete(runId);
    let readings: RunReading[];
    try {
      const requests = page.map((runId) => toRequest(runId));
      readings = await readNews(services, orgId, requests);
    } catch (error) {
      for (const runId of page) dirty.add(runId);
      onTrouble('New events could not be read for those who listen.', error);
      failedAt = now();
      throw error;
    }
    tell(readings.flatMap(takeIn));
    return true;
  }

  function toRequest(runId: RunId, until?: string): ReadRequest {
    const known = watched.get(runId);
    if (known) return { runId, from: { after: known.position, until }, known: known.progress };
    return { runId, from: { since: since?.snapshot ?? '', until }, known: null };
  }

  function takeIn(reading: RunReading): RunNews[] {
    const { runId, events, progress, position } = reading;
    const entry = watched.get(runId) ?? {
      progress,
      position: (events[0]?.seq ?? position + 1) - 1,
      readAt: 0,
    };
    watched.set(runId, entry);
    const fresh = events.filter(({ seq }) => seq > entry.position);
    for (const { seq, event } of fresh) advance(entry.progress, seq, event);
    entry.position = Math.max(entry.position, position);
    entry.readAt = looks;
    if (position < reading.lastSeq) dirty.add(runId);
    if (fresh.length === 0) return [];
    return [toNews({ ...reading, events: fresh, progress: entry.progress })];
  }

  function tell(news: readonly RunNews[]): void {
    if (news.length === 0) return;
    for (const [member, share] of audience.share(news)) member.take(share);
  }

  function mark(runId: RunId, lastSeq: number): boolean {
    if ((watched.get(runId)?.position ?? -1) >= lastSeq) return false;
    dirty.add(runId);
    return true;
  }

  /** Until each of these is read as far as it went. */
  async function settle(runs: readonly RunId[]): Promise<void> {
    // What is being read has left the list already.
    await flushing;
    while (runs.some((runId) => dirty.has(runId))) {
      if (!(await flush())) return;
    }
  }

  const isTold = ({ runId, lastSeq }: MovedRun): boolean => (watched.get(runId)?.position ?? -1) >= lastSeq;

  /** Until each of these is told as far as it went then, and no further. */
  async function tellUntil({ snapshot }: Moment, moved: readonly MovedRun[]): Promise<void> {
    let left = moved.filter((run) => !isTold(run));
    while (left.length > 0 && !closed) {
      const page = left.slice(0, PAGE).map(({ runId }) => toRequest(runId, snapshot));
      const readings = await readNews(services, orgId, page);
      tell(readings.flatMap(takeIn));
      // Who has nothing more to read is gone meanwhile.
      const more = new Set(readings.filter(({ events }) => events.length > 0).map(({ runId }) => runId));
      left = left.filter((run, at) => !isTold(run) && (at >= PAGE || more.has(run.runId)));
    }
  }

  async function lookBroadly(from: Moment): Promise<void> {
    await flushing;
    const { moment, runs } = await findMovedRuns(services, orgId, { since: from, ...LOOK });
    if (runs === null) return loseThread(from, moment);
    await tellUntil(
      moment,
      runs.filter(({ runId, pipelineId }) => audience.hears(runId, pipelineId)),
    );
    since = moment;
    for (const member of audience.broad()) member.reached(moment);
  }

  async function loseThread(from: Moment, moment: Moment): Promise<void> {
    const told = new Map([...watched].map(([runId, { position }]) => [runId, position]));
    since = moment;
    for (const member of audience.broad()) member.lost(from, told);
    await settle(markNamed());
  }

  async function lookStill(from: Moment): Promise<void> {
    isStill = true;
    clearTimeout(timer);
    timer = undefined;
    try {
      await lookBroadly(from);
    } finally {
      isStill = false;
      schedule();
    }
  }

  function markNamed(): RunId[] {
    const named = [...audience.namedRuns()].filter((runId) => watched.has(runId));
    for (const runId of named) dirty.add(runId);
    return named;
  }

  /** What was read two looks ago is in the moment of the last one, so nothing of it can be told again. */
  function letGo(): void {
    for (const [runId, { readAt }] of watched) {
      if (readAt <= looks - 2 && !pins.has(runId)) watched.delete(runId);
    }
    for (const runId of dirty) if (!isReadable(runId) && !pins.has(runId)) dirty.delete(runId);
  }

  return {
    audience,
    members,
    nudge(runs) {
      for (const [runId, pipelineId, seq] of runs) if (audience.hears(runId, pipelineId)) mark(runId, seq);
      schedule();
    },
    async widen() {
      if (since !== null) return;
      widening ??= takeMoment(services, orgId)
        .then((moment) => {
          since = moment;
          schedule();
        })
        .finally(() => {
          widening = null;
        });
      await widening;
    },
    moment: () => since,
    async look() {
      const isBroad = audience.broad().size > 0;
      begun += 1;
      if (isBroad && since !== null) await lookStill(since);
      else {
        if (!isBroad && widening === null) since = null;
        await settle(markNamed());
      }
      looks += 1;
      letGo();
      for (const member of members) member.looked(looks);
    },
    looks: () => looks,
    begun: () => begun,
    pin(runId) {
      pins.set(runId, (pins.get(runId) ?? 0) + 1);
    },
    unpin(runId) {
      const left = (pins.get(runId) ?? 1) - 1;
      if (left === 0) pins.delete(runId);
      else pins.set(runId, left);
    },
    position: (runId) => watched.get(runId)?.position,
    meet({ runId, progress, position }) {
      if (since === null && !watched.has(runId)) watched.set(runId, { progress, position, readAt: looks });
      schedule();
    },
    close() {
      closed = true;
      clearTimeout(timer);
    },
  };
}
