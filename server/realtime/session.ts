import { setTimeout as sleep } from 'node:timers/promises';
import { SignalboxError } from '#server/domain/errors.ts';
import { type AgentId, type PipelineId, type RunId, toUuid } from '#server/domain/ids.ts';
import { type AgentNews, LIVE_LIMITS, type LiveTarget, type RunNews } from '#server/domain/live.ts';
import { type Actor, authorise, may } from '#server/identity/actor.ts';
import type { Services } from '#server/services/context.ts';
import { checkTargets } from '#server/services/live/check-targets.ts';
import type { LiveSession, LiveSink } from '#server/services/live/feed.ts';
import { findMovedRuns, findOpenRuns, type Moment } from '#server/services/live/moved-runs.ts';
import { type ReadFrom, readNews, toNews } from '#server/services/live/read-news.ts';
import { readResumeToken, toResumeToken } from '#server/services/live/resume-token.ts';
import type { AgentsWatch } from './agents-watch.ts';
import type { RunTopic } from './audience.ts';
import { createCatchUp } from './catch-up.ts';
import type { Desk, Member } from './desk.ts';

export interface SessionOptions {
  services: Pick<Services, 'db' | 'graphOf'>;
  actor: Actor;
  sink: LiveSink;
  desk: Desk;
  agents: AgentsWatch;
  /** The same without what some may not read; made once for all of them. */
  redact(news: readonly RunNews[]): readonly RunNews[];
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
/** Runs that a resume may bring up to date; with more it starts from how things stand. */
const MAX_RESUMED = 10_000;
const SNAPSHOT_RUNS = 1000;
/** What happened a day ago is not looked for; an hour is left for clocks that differ. */
const MAX_AGE_MS = 23 * 3_600_000;
const RENEW_MS = 600_000;

type BroadTarget = Extract<LiveTarget, { everything: true } | { pipeline_id: PipelineId }>;

export function createSession(options: SessionOptions): LiveSession {
  const { services, actor, sink, desk, agents, now, onTrouble } = options;
  const topics = new Map<string, RunTopic>();
  const agentTopics = new Set<AgentId | 'all'>();
  /** Runs with news that were not handed on, and after which number. */
  const behind = new Map<RunId, number>();
  /** Where to begin is still being found out. */
  let holding = 0;
  let isFull = false;
  let closed = false;
  let toldMoment: Moment | undefined;

  const mayReadAll = may(actor, 'run.payload');
  const tell = (news: readonly RunNews[]): void => sink.runs(mayReadAll ? news : options.redact(news));
  const catchUp = createCatchUp({
    ...{ services, actor, desk, onTrouble },
    room: waitForRoom,
    deliver: tell,
  });
  const member: Member = {
    take(news) {
      if (closed) return;
      if (!isFull && sink.backlogBytes() > FULL_BYTES) void becomeFull();
      if (isFull || holding > 0) return setAside(news);
      const mine = catchUp.strain(news);
      if (mine.length > 0) tell(mine);
    },
    reached(moment) {
      const isBehind = isFull || holding > 0 || behind.size > 0 || !catchUp.isEmpty();
      if (!closed && !isBehind) tellMoment(moment);
    },
    lost: () => void startOver('More happened than could be followed.', undefined),
    looked: catchUp.looked,
  };
  desk.members.add(member);

  /** Where nothing happens the last one stays good, until it grows old. */
  function tellMoment(moment: Moment): void {
    const isSame = toldMoment?.snapshot === moment.snapshot;
    if (toldMoment && isSame && moment.atMs - toldMoment.atMs < RENEW_MS) return;
    toldMoment = moment;
    sink.resumePoint(toResumeToken(moment));
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
    if (typeof topic === 'string' || !('run' in topic)) return;
    desk.unpin(topic.run);
    const isBroad = [...topics.values()].some((other) => typeof other === 'string' || 'pipeline' in other);
    if (!isBroad) catchUp.drop(topic.run);
  }

  /** Nothing is handed on until it is known from where; what moves meanwhile is set aside. */
  async function listenBroadly(target: BroadTarget): Promise<void> {
    const pipelineId = 'pipeline_id' in target ? target.pipeline_id : undefined;
    const from = target.resume === undefined ? undefined : readResumeToken(target.resume);
    holding += 1;
    try {
      listen(pipelineId === undefined ? 'everything' : { pipeline: pipelineId });
      await desk.widen();
      const moment = desk.moment();
      if (from) await resume(from, target);
      else if (moment && !closed) tellMoment(moment);
    } finally {
      holding -= 1;
      if (!closed) readBehind();
    }
  }

  /** Who hears the run already is shown how it stands, and goes on from where it was: nothing in between is passed over. */
  async function listenFromNow(runId: RunId): Promise<void> {
    if (topics.size === 0) {
      listen({ run: runId });
      return read(runId, 'now');
    }
    const [reading] = await readNews(services, actor.orgId, [{ runId, from: 'now', known: null }]);
    if (closed || !reading) return;
    const isHeard = topics.has('everything') || topics.has(keyOf({ run: runId })) || hearsPipelineOf(reading);
    listen({ run: runId });
    if (isHeard) tell([{ ...toNews(reading), events: [] }]);
    else read(runId, 'now');
  }

  function hearsPipelineOf({ pipelineId }: { pipelineId: PipelineId | null }): boolean {
    return pipelineId !== null && topics.has(keyOf({ pipeline: pipelineId }));
  }

  async function resume(from: Moment, target: BroadTarget): Promise<void> {
    const pipelineId = 'pipeline_id' in target ? target.pipeline_id : undefined;
    if (now() - from.atMs > MAX_AGE_MS) return startOver('The resume point is too old.', pipelineId);
    const look = { since: from.snapshot, limit: MAX_RESUMED, pipelineId };
    const { runs } = await findMovedRuns(services, actor.orgId, look);
    if (closed) return;
    if (runs === null) return startOver('Too much has happened since the resume point.', pipelineId);
    for (const { runId, after, lastSeq } of runs) {
      const seen = Math.max(after, target.seen?.[runId] ?? 0);
      if (seen < lastSeq) read(runId, { after: seen });
      else catchUp.floor(runId, seen);
    }
  }

  async function startOver(reason: string, pipelineId: PipelineId | undefined): Promise<void> {
    if (closed) return;
    sink.resync(reason);
    const look = { limit: SNAPSHOT_RUNS, pipelineId };
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
      read(target.run_id, { after: target.after });
    } else if ('agent_id' in target) agentTopics.add(target.agent_id);
    else if ('agents' in target) agentTopics.add('all');
    else {
      if ('everything' in target && may(actor, 'agent.read')) agentTopics.add('all');
      await listenBroadly(target);
    }
  }

  function close(): void {
    if (closed) return;
    closed = true;
    agents.leave(tellAgents);
    for (const topic of [...topics.values()]) stopListening(topic);
    for (const runId of behind.keys()) desk.unpin(runId);
    behind.clear();
    catchUp.close();
    desk.members.delete(member);
  }

  function tellAgents(news: readonly AgentNews[]): void {
    if (closed || sink.backlogBytes() > FULL_BYTES) return;
    const mine = agentTopics.has('all') ? news : news.filter(({ agentId }) => agentTopics.has(agentId));
    if (mine.length > 0) sink.agents(mine);
  }

  return {
    async subscribe(targets) {
      for (const target of targets) authorise(actor, isOfAgents(target) ? 'agent.read' : 'run.read');
      if (topics.size + agentTopics.size + targets.length > LIVE_LIMITS.subscriptions) throw tooMany();
      for (const target of targets) if ('resume' in target && target.resume) readResumeToken(target.resume);
      await checkTargets(services, actor, targets);
      if (closed) return;
      const heardAgents = agentTopics.size;
      for (const target of targets) {
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

function keyOf(topic: RunTopic): string {
  if (typeof topic === 'string') return topic;
  return toUuid('run' in topic ? topic.run : topic.pipeline) + ('run' in topic ? ' run' : ' pipeline');
}

function tooMany(): SignalboxError {
  return new SignalboxError('LIMITED', `One connection may listen to ${LIVE_LIMITS.subscriptions} things.`, {
    advice: 'Listen to their pipeline or to everything, or open a second connection.',
  });
}
