import { setTimeout as sleep } from 'node:timers/promises';
import { SignalboxError } from '#server/domain/errors.ts';
import type { AgentId, PipelineId, RunId } from '#server/domain/ids.ts';
import { LIVE_LIMITS, type LiveTarget, type RunNews } from '#server/domain/live.ts';
import { type Actor, authorise, may } from '#server/identity/actor.ts';
import type { Services } from '#server/services/context.ts';
import { checkTargets } from '#server/services/live/check-targets.ts';
import type { LiveSession, LiveSink } from '#server/services/live/feed.ts';
import type { Moment } from '#server/services/live/moment.ts';
import { findOpenRuns } from '#server/services/live/moved-runs.ts';
import { type ReadFrom, readNews, toNews } from '#server/services/live/read-news.ts';
import { type ResumePoint, readResumeToken, toResumeToken } from '#server/services/live/resume-token.ts';
import { createAgentsTeller } from './agents-teller.ts';
import type { AgentsWatch } from './agents-watch.ts';
import type { RunTopic } from './audience.ts';
import { createCatchUp } from './catch-up.ts';
import type { Desk, Member } from './desk.ts';
import type { FewAtOnce } from './few-at-once.ts';
import { type Arrival, createJourneys } from './journeys.ts';
import {
  type BroadTarget,
  type BroadTopic,
  isBroad,
  isWithin,
  keyOf,
  type Scope,
  scopeOf,
  seenOf,
  topicOf,
} from './topics.ts';

export interface SessionOptions {
  services: Pick<Services, 'db' | 'graphOf'>;
  actor: Actor;
  sink: LiveSink;
  desk: Desk;
  agents: AgentsWatch;
  /** The same without what some may not read; made once for all of them. */
  redact(news: readonly RunNews[]): readonly RunNews[];
  /** For those who catch up, of all connections. */
  few: FewAtOnce;
  now(): number;
  /** Who stays far behind for so long is ended. */
  patienceMs: number;
  onTrouble(message: string, error: unknown): void;
}

/** A reader that has more than this before it gets no more until it has read most of it; the database keeps it for it. */
const FULL_BYTES = 256 * 1024;
const ROOM_BYTES = 64 * 1024;
const POLL_MS = 25;
/** Runs that a reader may be behind with. */
const MAX_BEHIND = 10_000;
const SNAPSHOT_RUNS = 1000;
/** Older ones may be from before this database was restored elsewhere: its numbers would mean something else there. */
const MAX_AGE_MS = 7 * 24 * 3_600_000;
const RENEW_MS = 600_000;

export function createSession(options: SessionOptions): LiveSession {
  const { services, actor, sink, desk, agents, now, onTrouble } = options;
  const topics = new Map<string, RunTopic>();
  const agentTopics = new Set<AgentId | 'all'>();
  /** Runs with news that were not handed on, and after which number. */
  const behind = new Map<RunId, number>();
  /** Runs that were named, and are followed from there whatever else is listened to: with their number, or as they stood. */
  const own = new Map<RunId, 'from a number' | 'from now'>();
  /** Where to begin is still being found out. */
  let holding = 0;
  let isFull = false;
  let closed = false;
  let toldMoment: Moment | undefined;
  /** The look during which it has had something that is newer than that look's moment. */
  let aheadIn = -1;

  const mayReadAll = may(actor, 'run.payload');
  const tell = (news: readonly RunNews[]): void => sink.runs(mayReadAll ? news : options.redact(news));
  const catchUp = createCatchUp({
    ...{ services, actor, desk, onTrouble },
    room: waitForRoom,
    deliver(news) {
      aheadIn = desk.begun();
      tell(news);
    },
  });
  const journeys = createJourneys({
    ...{ services, actor, few: options.few, arrive, onTrouble },
    ...{ room: waitForRoom, deliver: tell, pin: desk.pin, unpin: desk.unpin },
    isOwn: (runId) => own.has(runId),
    refuse: (scope) => void startOver('The resume point is none of this database.', scope),
    passed(point) {
      if (isOneWay()) tellPoint(point);
    },
  });
  const tellAgents = createAgentsTeller({
    isWanted: (agentId) => !closed && (agentTopics.has('all') || agentTopics.has(agentId)),
    hasRoom: () => sink.backlogBytes() <= FULL_BYTES,
    room: waitForRoom,
    deliver: (news) => sink.agents(news),
  });
  const member: Member = {
    take(news) {
      if (closed) return;
      const live = journeys.sift(news);
      if (live.length === 0) return;
      if (!isFull && sink.backlogBytes() > FULL_BYTES) void becomeFull();
      if (isFull || holding > 0) return setAside(live);
      const mine = catchUp.strain(live);
      if (mine.length > 0) tell(mine);
    },
    reached(moment) {
      const isBehind = isFull || holding > 0 || behind.size > 0 || !catchUp.isEmpty() || !journeys.isEmpty();
      if (!closed && !isBehind && aheadIn !== desk.begun()) tellMoment(moment);
    },
    lost,
    looked: catchUp.looked,
  };
  desk.members.add(member);

  /** Where nothing happens the last one stays good, until it grows old. */
  function tellMoment(moment: Moment): void {
    const isSame = toldMoment?.snapshot === moment.snapshot;
    if (toldMoment && isSame && moment.atMs - toldMoment.atMs < RENEW_MS) return;
    toldMoment = moment;
    tellPoint({ since: moment });
  }

  /** One that is too long to be sent back is left out: the one before stays good. */
  function tellPoint(point: ResumePoint): void {
    const token = toResumeToken(point);
    if (token.length <= LIVE_LIMITS.resume) sink.resumePoint(token);
  }

  const broadTopics = (): BroadTopic[] =>
    [...topics.values()].flatMap((topic) =>
      topic === 'everything' ? topic : 'pipeline' in topic ? topic.pipeline : [],
    );

  /** Everything that it listens to without having named the run is on one way: then there is one point for all of it. */
  function isOneWay(): boolean {
    const [scope, ...others] = journeys.scopes();
    if (scope === undefined || others.length > 0) return false;
    return scope === 'everything' || broadTopics().every((topic) => isWithin(scope, topic));
  }

  function setAside(news: readonly RunNews[]): void {
    for (const { runId, events } of news) {
      const [first] = events;
      if (!first || behind.has(runId) || catchUp.has(runId)) continue;
      behind.set(runId, Math.max(first.seq - 1, catchUp.floorOf(runId)));
      desk.pin(runId);
    }
    if (behind.size > MAX_BEHIND) end();
  }

  /** What was set aside is read from the database, each run from where it was left. */
  function readBehind(): void {
    if (isFull || holding > 0) return;
    for (const [runId, after] of [...behind]) read(runId, { after });
  }

  function read(runId: RunId, from: ReadFrom): void {
    catchUp.add(runId, from);
    // Whatever was set aside of it comes from there as well.
    if (behind.delete(runId)) desk.unpin(runId);
  }

  async function becomeFull(): Promise<void> {
    isFull = true;
    if (!(await waitForRoom())) return;
    isFull = false;
    readBehind();
  }

  async function waitForRoom(): Promise<boolean> {
    const until = now() + options.patienceMs;
    while (!closed && sink.backlogBytes() > ROOM_BYTES) {
      if (now() > until) {
        end();
        return false;
      }
      await sleep(POLL_MS);
    }
    return !closed;
  }

  function end(): void {
    if (closed) return;
    sink.tooSlow();
    close();
  }

  function listen(topic: RunTopic): void {
    const key = keyOf(topic);
    if (topics.has(key)) return;
    topics.set(key, topic);
    desk.audience.add(member, topic);
    if (typeof topic === 'object' && 'run' in topic) desk.pin(topic.run);
  }

  function stopListening(topic: RunTopic): void {
    if (!topics.delete(keyOf(topic))) return;
    desk.audience.remove(member, topic);
    if (topic === 'everything') return journeys.leave(topic);
    if ('pipeline' in topic) return journeys.leave(topic.pipeline);
    desk.unpin(topic.run);
    own.delete(topic.run);
    if (broadTopics().length === 0) catchUp.drop(topic.run);
  }

  /** What is only heard from now on: nothing is handed on until it is known from where; what moves meanwhile is set aside. */
  async function listenFresh(targets: readonly BroadTarget[]): Promise<void> {
    if (targets.length === 0) return;
    const isFirst = broadTopics().length === 0;
    holding += 1;
    try {
      for (const target of targets) listen(topicOf(target));
      await desk.widen();
      const moment = desk.moment();
      // Whoever hears others already has had what is newer than this moment.
      if (moment && isFirst && !closed) tellMoment(moment);
    } finally {
      holding -= 1;
      if (!closed) readBehind();
    }
  }

  /** Those that go on from the same point go together, so that one point says how far all of them are. */
  async function listenAgain(targets: readonly BroadTarget[]): Promise<void> {
    const ways = Map.groupBy(targets, ({ resume }) => resume ?? '');
    for (const [token, together] of ways) {
      const from = readResumeToken(token);
      const scope = scopeOf(together);
      const seen = seenOf(together);
      for (const [runId, how] of own) if (how === 'from now') own.delete(runId);
      if (scope === 'everything') giveUpAll();
      const journey = journeys.begin({
        ...{ scope, from, ahead: new Set(seen.keys()) },
        seen: (runId) => seen.get(runId) ?? 0,
      });
      for (const target of together) listen(topicOf(target));
      await desk.widen().catch((error: unknown) => {
        for (const target of together) stopListening(topicOf(target));
        throw error;
      });
      if (closed) return;
      if (now() - (from.within?.until ?? from.since).atMs > MAX_AGE_MS) {
        leave(scope);
        await startOver('The resume point is too old.', scope);
      } else journeys.go(journey);
    }
  }

  function leave(scope: Scope): void {
    for (const topic of scope === 'everything' ? [scope] : [...scope]) journeys.leave(topic);
  }

  /** Runs that it reads by itself and has not named: what it has had of each. */
  function giveUpAll(): Map<RunId, number> {
    const had = catchUp.giveUp((runId) => own.has(runId));
    for (const [runId, after] of behind) {
      if (own.has(runId)) continue;
      had.set(runId, after);
      behind.delete(runId);
      desk.unpin(runId);
    }
    return had;
  }

  function arrive({ runs, seen, aside }: Arrival): void {
    // The look that is under way may be of an earlier moment.
    aheadIn = desk.begun();
    for (const { runId, after, lastSeq } of runs) {
      const had = Math.max(after, seen(runId));
      if (had < lastSeq) read(runId, { after: had });
      else catchUp.floor(runId, had);
    }
    for (const [runId, after] of aside) {
      if (behind.has(runId) || catchUp.has(runId)) continue;
      behind.set(runId, Math.max(after, catchUp.floorOf(runId)));
      desk.pin(runId);
    }
    readBehind();
  }

  /** More has happened than the desk can look through: it goes through that by itself, from where the desk was. */
  function lost(since: Moment, told: ReadonlyMap<RunId, number>): void {
    if (closed) return;
    journeys.miss();
    const onTheirWay = journeys.scopes();
    const topicsLeft = broadTopics().filter((topic) => !onTheirWay.some((scope) => isWithin(scope, topic)));
    if (topicsLeft.length === 0) return;
    // The desk reads what was named on from where it is.
    for (const topic of topics.values()) {
      const run = typeof topic === 'object' && 'run' in topic ? topic.run : undefined;
      if (run && told.has(run) && !own.has(run)) own.set(run, 'from now');
    }
    const had = giveUpAll();
    const scope = topicsLeft.includes('everything') ? 'everything' : new Set(topicsLeft as PipelineId[]);
    const seen = (runId: RunId) => had.get(runId) ?? told.get(runId) ?? 0;
    journeys.go(journeys.begin({ scope, from: { since }, seen, ahead: 'unknown' }));
  }

  /** Who hears the run already is shown how it stands, and goes on from where it was: nothing in between is passed over. */
  async function listenFromNow(runId: RunId): Promise<void> {
    if (topics.size === 0) {
      listen({ run: runId });
      own.set(runId, 'from now');
      return read(runId, 'now');
    }
    const [reading] = await readNews(services, actor.orgId, [{ runId, from: 'now', known: null }]);
    if (closed || !reading) return;
    const isHeard = topics.has('everything') || topics.has(keyOf({ run: runId })) || hearsPipelineOf(reading);
    listen({ run: runId });
    if (isHeard) return tell([{ ...toNews(reading), events: [] }]);
    own.set(runId, 'from now');
    read(runId, 'now');
  }

  function hearsPipelineOf({ pipelineId }: { pipelineId: PipelineId | null }): boolean {
    return pipelineId !== null && topics.has(keyOf({ pipeline: pipelineId }));
  }

  async function startOver(reason: string, scope: Scope): Promise<void> {
    if (closed) return;
    sink.resync(reason);
    const look = { limit: SNAPSHOT_RUNS, pipelineIds: scope === 'everything' ? null : [...scope] };
    const open = await findOpenRuns(services, actor.orgId, look).catch((error: unknown) => {
      onTrouble('How things stand could not be read for one who starts over.', error);
      return [];
    });
    if (closed) return;
    for (const runId of open) if (!catchUp.has(runId)) read(runId, 'now');
  }

  async function begin(target: LiveTarget): Promise<void> {
    if ('run_id' in target) {
      if (target.after === undefined) return listenFromNow(target.run_id);
      listen({ run: target.run_id });
      own.set(target.run_id, 'from a number');
      read(target.run_id, { after: target.after });
    } else if ('agent_id' in target) agentTopics.add(target.agent_id);
    else if ('agents' in target) agentTopics.add('all');
    else if ('everything' in target && may(actor, 'agent.read')) agentTopics.add('all');
  }

  function close(): void {
    if (closed) return;
    closed = true;
    agents.leave(tellAgents);
    for (const topic of [...topics.values()]) stopListening(topic);
    for (const runId of behind.keys()) desk.unpin(runId);
    behind.clear();
    journeys.close();
    catchUp.close();
    desk.members.delete(member);
  }

  return {
    async subscribe(targets) {
      for (const target of targets) authorise(actor, isOfAgents(target) ? 'agent.read' : 'run.read');
      if (topics.size + agentTopics.size + targets.length > LIVE_LIMITS.subscriptions) throw tooMany();
      for (const target of targets) if ('resume' in target && target.resume) readResumeToken(target.resume);
      await checkTargets(services, actor, targets);
      if (closed) return;
      const heardAgents = agentTopics.size;
      // First, so that a run that is named beside them is known to be heard.
      const broad = targets.filter(isBroad);
      await listenAgain(broad.filter(({ resume }) => resume !== undefined));
      if (closed) return;
      await listenFresh(broad.filter(({ resume }) => resume === undefined));
      for (const target of closed ? [] : targets) {
        await begin(target);
        if (closed) return;
      }
      if (agentTopics.size > heardAgents) await agents.join(tellAgents);
    },
    unsubscribe(targets) {
      for (const target of targets) {
        if ('run_id' in target) stopListening({ run: target.run_id });
        else if ('pipeline_id' in target) stopListening({ pipeline: target.pipeline_id });
        else if ('agent_id' in target) agentTopics.delete(target.agent_id);
        else {
          agentTopics.delete('all');
          if ('everything' in target) stopListening('everything');
        }
      }
      if (agentTopics.size === 0) agents.leave(tellAgents);
    },
    close,
  };
}

const isOfAgents = (target: LiveTarget): boolean => 'agent_id' in target || 'agents' in target;

function tooMany(): SignalboxError {
  return new SignalboxError('LIMITED', `One connection may listen to ${LIVE_LIMITS.subscriptions} things.`, {
    advice: 'Listen to their pipeline or to everything, or open a second connection.',
  });
}
