import { setTimeout as sleep } from 'node:timers/promises';
import type { PipelineId, RunId } from '#server/domain/ids.ts';
import type { RunNews } from '#server/domain/live.ts';
import type { Actor } from '#server/identity/actor.ts';
import type { Services } from '#server/services/context.ts';
import { type Moment, takeMoment, xidsOf } from '#server/services/live/moment.ts';
import { findMovedRuns, type MovedRun } from '#server/services/live/moved-runs.ts';
import { readNews, toNews } from '#server/services/live/read-news.ts';
import type { ResumePoint } from '#server/services/live/resume-token.ts';
import {
  type Place,
  readStretch,
  type Stretch,
  type StretchPage,
  type StretchRun,
  startOf,
} from '#server/services/live/stretch.ts';
import type { FewAtOnce } from './few-at-once.ts';
import type { BroadTopic, Scope } from './topics.ts';

export interface JourneyStart {
  scope: Scope;
  from: ResumePoint;
  /** By run the last number that the connection has had since then. */
  seen(runId: RunId): number;
  /** Runs for which `seen` says something: while some are ahead, where it is now is no point to resume from. */
  ahead: Set<RunId> | 'unknown';
}

export interface JourneyOptions {
  services: Pick<Services, 'db' | 'graphOf'>;
  actor: Actor;
  /** Who catch up share the database with everybody: only some of them read at once. */
  few: FewAtOnce;
  /** Resolves when there is room for more; false when there never will be. */
  room(): Promise<boolean>;
  deliver(news: readonly RunNews[]): void;
  /** Runs that the connection follows by their own numbers, whatever else it listens to. */
  isOwn(runId: RunId): boolean;
  /** What was set aside is counted by the desk, which has to go on from there. */
  pin(runId: RunId): void;
  unpin(runId: RunId): void;
  /** So few runs are left that they are read run by run, while it hears the others live. */
  arrive(arrival: Arrival): void;
  /** The point is none of this database. */
  refuse(scope: Scope): void;
  passed(point: ResumePoint): void;
  onTrouble(message: string, error: unknown): void;
}

export interface Arrival {
  runs: readonly MovedRun[];
  seen(runId: RunId): number;
  /** Moved while it was looked: after which number. */
  aside: ReadonlyMap<RunId, number>;
}

export interface Journey {
  scope: Scope;
}

/**
 * The way from a resume point to the present, however long it is. It goes along one stretch of history after the other:
 * from the point to now, then from there to what is now by then. Each is shorter than the one before, until what is
 * left fits into one look. It keeps a page of runs and nothing of what it has passed.
 */
export interface Journeys {
  /** From now on nothing live of this scope is told. */
  begin(start: JourneyStart): Journey;
  /** Sets out. */
  go(journey: Journey): void;
  /** Of what everybody is told, what no journey is about. */
  sift(news: readonly RunNews[]): readonly RunNews[];
  /** The desk has lost the thread: whoever was about to join it has to go along one more stretch. */
  miss(): void;
  isEmpty(): boolean;
  /** The connection no longer listens to it. */
  leave(topic: BroadTopic): void;
  /** What each that is under way is about. */
  scopes(): Scope[];
  close(): void;
}

/** What one look takes; of more there is another stretch. As many runs as a client may name when it is cut (`seen`). */
const LOOK = { limit: 1000, commits: 20_000 };
const RUNS_A_POINT = 250;
/** A reading holds at most 200 commits of each of these. */
const RUNS_A_READING = 20;
const AFTER_TROUBLE_MS = 1000;

interface Traveller extends Journey, Omit<JourneyStart, 'scope'> {
  isOver: boolean;
  /** While the last look is under way: what moves meanwhile, and whether the desk lost some of that. */
  joining: { aside: Map<RunId, number>; isMissed: boolean } | undefined;
}

export function createJourneys(options: JourneyOptions): Journeys {
  const { services, actor, few, onTrouble } = options;
  const travellers = new Set<Traveller>();

  const isAbout = ({ scope }: Journey, pipelineId: PipelineId | null): boolean =>
    scope === 'everything' || (pipelineId !== null && scope.has(pipelineId));

  function findFor({ runId, pipelineId }: Pick<RunNews, 'runId' | 'pipelineId'>): Traveller | undefined {
    if (options.isOwn(runId)) return undefined;
    for (const traveller of travellers) if (isAbout(traveller, pipelineId)) return traveller;
    return undefined;
  }

  /** Until it is done, however long the database is away; false when nobody waits for it any more. */
  async function persist(traveller: Traveller, work: () => Promise<void>): Promise<boolean> {
    while (!traveller.isOver) {
      try {
        await work();
        return !traveller.isOver;
      } catch (error) {
        onTrouble('Events could not be read for one who catches up.', error);
        await sleep(AFTER_TROUBLE_MS);
      }
    }
    return false;
  }

  async function travel(traveller: Traveller): Promise<void> {
    if (!(await persist(traveller, () => checkPoint(traveller)))) return;
    while (!traveller.isOver) {
      const { since, within } = traveller.from;
      const until = within?.until ?? (await join(traveller));
      if (traveller.isOver || !until) return;
      const stretch = { since, until };
      if (!(await goAlong(traveller, stretch, within?.place ?? startOf(stretch)))) return;
      traveller.from = { since: until };
      // Whatever the connection had had of it was behind that moment.
      traveller.seen = () => 0;
      traveller.ahead = new Set();
      options.passed(traveller.from);
    }
  }

  async function checkPoint(traveller: Traveller): Promise<void> {
    const present = await few(() => takeMoment(services, actor.orgId));
    const { since, within } = traveller.from;
    const isHere = [since, within?.until ?? since].every(
      (moment) => xidsOf(moment).next <= xidsOf(present).next,
    );
    if (isHere || traveller.isOver) return;
    end(traveller);
    options.refuse(traveller.scope);
  }

  /** Undefined: it has arrived, or is needed no more. Else the moment up to which there is another stretch to go. */
  async function join(traveller: Traveller): Promise<Moment | undefined> {
    let further: Moment | undefined;
    await persist(traveller, async () => {
      const joining = { aside: new Map<RunId, number>(), isMissed: false };
      traveller.joining = joining;
      try {
        const look = { since: traveller.from.since, ...LOOK };
        const { moment, runs } = await few(() => findMovedRuns(services, actor.orgId, look));
        if (traveller.isOver) return;
        if (runs === null || joining.isMissed) {
          further = moment;
          return;
        }
        arrive(traveller, runs, joining.aside);
      } finally {
        traveller.joining = undefined;
        for (const runId of joining.aside.keys()) options.unpin(runId);
      }
    });
    return further;
  }

  function arrive(traveller: Traveller, all: readonly MovedRun[], aside: ReadonlyMap<RunId, number>): void {
    const runs = all.filter((run) => isAbout(traveller, run.pipelineId) && !options.isOwn(run.runId));
    travellers.delete(traveller);
    traveller.isOver = true;
    options.arrive({ runs, aside, seen: traveller.seen });
  }

  async function goAlong(traveller: Traveller, stretch: Stretch, from: Place): Promise<boolean> {
    let place: Place | null = from;
    while (place) {
      let page: StretchPage = { runs: [], next: null };
      const request = { stretch, from: place };
      const isFound = await persist(traveller, async () => {
        page = await few(() => readStretch(services, actor.orgId, request));
      });
      if (!isFound || !(await handOver(traveller, stretch, page))) return false;
      place = page.next;
    }
    return true;
  }

  /** A point after every few runs, so that a client that is cut on the way can name those since the last. */
  async function handOver(
    traveller: Traveller,
    stretch: Stretch,
    { runs, next }: StretchPage,
  ): Promise<boolean> {
    for (let at = 0; at === 0 || at < runs.length; at += RUNS_A_POINT) {
      const some = runs.slice(at, at + RUNS_A_POINT);
      if (!(await tellAll(traveller, stretch, some))) return false;
      const isLast = at + RUNS_A_POINT >= runs.length;
      const place = isLast ? next : some.at(-1)?.place;
      if (isPast(traveller, some) && place)
        options.passed({ since: stretch.since, within: { until: stretch.until, place } });
    }
    return true;
  }

  /** Whether all runs of which it has had something are behind it: a client forgets what it had with each point. */
  function isPast({ ahead }: Traveller, page: readonly StretchRun[]): boolean {
    if (ahead === 'unknown') return false;
    for (const { runId } of page) ahead.delete(runId);
    return ahead.size === 0;
  }

  /** What these have in the stretch, each run in its order. */
  async function tellAll(traveller: Traveller, { until }: Stretch, page: StretchRun[]): Promise<boolean> {
    const left = new Map<RunId, number>();
    for (const { runId, pipelineId, after } of page) {
      if (isAbout(traveller, pipelineId) && !options.isOwn(runId))
        left.set(runId, Math.max(after, traveller.seen(runId)));
    }
    while (left.size > 0) {
      if (!(await options.room())) return false;
      const isRead = await persist(traveller, () => tellSome(traveller, left, until));
      if (!isRead) return false;
    }
    return !traveller.isOver;
  }

  async function tellSome(traveller: Traveller, left: Map<RunId, number>, until: Moment): Promise<void> {
    const some = [...left].slice(0, RUNS_A_READING);
    const requests = some.map(([runId, after]) => {
      return { runId, from: { after, until: until.snapshot }, known: null };
    });
    const readings = await few(() => readNews(services, actor.orgId, requests));
    if (traveller.isOver) return;
    const cut = new Map(readings.map(({ runId, isCut, position }) => [runId, isCut ? position : null]));
    for (const [runId] of some) {
      const position = cut.get(runId) ?? null;
      if (position === null) left.delete(runId);
      else left.set(runId, position);
    }
    const news = readings.filter(({ events }) => events.length > 0).map(toNews);
    if (news.length > 0) options.deliver(news);
  }

  function end(traveller: Traveller): void {
    traveller.isOver = true;
    travellers.delete(traveller);
  }

  function setAside(joining: NonNullable<Traveller['joining']>, { runId, events }: RunNews): void {
    const [first] = events;
    if (!first || joining.aside.has(runId)) return;
    // More than one look takes has moved while it was taken.
    if (joining.aside.size >= LOOK.limit) joining.isMissed = true;
    if (joining.isMissed) return;
    joining.aside.set(runId, first.seq - 1);
    options.pin(runId);
  }

  return {
    begin(start) {
      const traveller = { ...start, isOver: false, joining: undefined };
      travellers.add(traveller);
      return traveller;
    },
    go: (journey) => void travel(journey as Traveller),
    sift(news) {
      if (travellers.size === 0) return news;
      return news.filter((one) => {
        const traveller = findFor(one);
        if (traveller?.joining) setAside(traveller.joining, one);
        return traveller === undefined;
      });
    },
    miss() {
      for (const { joining } of travellers) if (joining) joining.isMissed = true;
    },
    isEmpty: () => travellers.size === 0,
    leave(topic) {
      for (const traveller of travellers) {
        const { scope } = traveller;
        if (scope === 'everything' ? topic === scope : scope.delete(topic as PipelineId) && scope.size === 0)
          end(traveller);
      }
    },
    scopes: () => [...travellers].map(({ scope }) => scope),
    close() {
      for (const traveller of [...travellers]) end(traveller);
    },
  };
}
