import type { Sql } from '#db/client.ts';
import type { AgentId } from '#server/domain/ids.ts';
import { type AgentState, presenceOf } from '#server/domain/routing.ts';
import { isYoung } from '#server/domain/young.ts';
import { CHANNEL, LOCK } from '#server/redis/keys.ts';
import type { HotState } from '#server/redis/port.ts';
import type { FleetEntry } from '../dispatcher.ts';
import type { BreakerWatch } from './breaker-watch.ts';
import { type HealthChange, writeHealth } from './health.ts';
import { lockUnlessAway } from './lock-unless-away.ts';
import type { Performance } from './performance.ts';
import type { LifeSign, Presence } from './presence.ts';
import { type AgentRecord, readAgents } from './records.ts';
import { isHeard, stateOf } from './states.ts';

export interface FleetOptions {
  sql: Sql;
  hot: HotState;
  presence: Presence;
  performance: Performance;
  breaker: BreakerWatch;
  now(): number;
  beatMs: number;
  /** The picture is drawn anew so often even when nothing is announced. */
  refreshMs: number;
  owner: string;
  /** Lives in this process: nobody else can hand it work, and it needs no beats. */
  isOurs(record: AgentRecord): boolean;
  /** In this process, and takes nothing new since the process ends. */
  isLeaving(record: AgentRecord): boolean;
  /** What this process has given to the agent and not had back. */
  inFlight(agent: AgentId): number;
  /** Other processes may share the agents' table and no Redis tells them of beats: the table tells them. */
  writesBeats: boolean;
  /** Told when something has changed that matters to the routing. */
  onFleet(entries: FleetEntry[], records: readonly AgentRecord[]): void;
  /** Told of agents whose orders are new. */
  onOrdered(record: AgentRecord, probing: boolean): void;
  onTrouble(message: string, error: unknown): void;
}

export interface AgentNow {
  record: AgentRecord;
  state: AgentState;
  probing: boolean;
  inFlight: number;
  load: number | null;
  lastBeatAt: number | null;
}

export interface Fleet {
  start(): Promise<void>;
  stop(): Promise<void>;
  /** Reads all of it anew. Calls that come together are one. */
  refresh(): Promise<void>;
  /** The agent asked for a pause: it gets nothing new for so long. Takes effect at once. */
  cool(agent: AgentId, forMs: number): void;
  find(agent: AgentId): AgentRecord | undefined;
  now(): AgentNow[];
}

/** However quiet it is, the table is read again after this long: an announcement may have been lost. */
const REREAD_MS = 5000;

/** What is known of all agents, for the routing and for people: the registry's rows and the beats, in one picture. */
export function createFleet(options: FleetOptions): Fleet {
  const { hot, presence, performance, breaker } = options;
  let records: AgentRecord[] = [];
  const byId = new Map<AgentId, AgentRecord>();
  const cooling = new Map<AgentId, number>();
  const told = new Map<AgentId, string>();
  /** Who was there as this process began. It cannot have heard them yet, and silence says nothing before it could have. */
  let foundThere: ReadonlySet<AgentId> = new Set();
  let begunAt = Number.NEGATIVE_INFINITY;
  let readAt = Number.NEGATIVE_INFINITY;
  let isDirty = true;
  let drawn = '';
  let running: Promise<void> | null = null;
  let again = false;
  let timer: NodeJS.Timeout | undefined;
  const unsubscribe: (() => unknown)[] = [];

  function lastBeatOf(record: AgentRecord, sign: LifeSign | undefined): number {
    return Math.max(sign?.at ?? 0, record.health?.lastBeatAt ?? 0, record.registeredAt);
  }

  function lookAt(record: AgentRecord): AgentNow {
    const heard = presence.last(record.id);
    const sign = heard && heard.generation >= record.generation ? heard : undefined;
    const isOurs = options.isOurs(record);
    const given = options.inFlight(record.id);
    const inFlight = isOurs ? given : Math.max(given, sign?.in_flight ?? 0);
    const lastBeatAt = isOurs ? null : lastBeatOf(record, sign);
    const probing = breaker.isProbing(record.id);
    const { ordered, maxConcurrency } = record;
    const leaving = options.isLeaving(record) || (sign?.draining ?? false);
    const believedAt = foundThere.has(record.id) ? begunAt : 0;
    const heardAt = lastBeatAt === null ? null : Math.max(lastBeatAt, believedAt);
    const state = stateOf(
      { ordered, probing, leaving, lastBeatAt: heardAt, inFlight, maxConcurrency },
      {
        now: options.now(),
        beatMs: options.beatMs,
      },
    );
    return { record, state, probing, inFlight, load: sign?.load ?? null, lastBeatAt };
  }

  function entryOf({ record, state, probing }: AgentNow): FleetEntry {
    const { failureShare, latencyMs } = performance.recent(record.id, options.now());
    const rests = (cooling.get(record.id) ?? 0) > options.now();
    return {
      id: record.id,
      orgId: record.orgId,
      name: record.name,
      transport: record.transport,
      capabilities: new Set(record.capabilities.map((capability) => capability.name)),
      labels: new Set(record.labels),
      state,
      maxConcurrency: rests ? 0 : probing ? 1 : record.maxConcurrency,
      // Rounded, so that a picture that hardly differs is the same picture.
      failureShare: Math.round(failureShare * 20) / 20,
      latencyMs: latencyMs === null ? null : Number(latencyMs.toPrecision(2)),
    };
  }

  /** Agents in other processes are in the picture for people; only their own process can give them work. */
  const isReachable = ({ record }: AgentNow): boolean =>
    record.transport !== 'local' || options.isOurs(record);

  function draw(seen: readonly AgentNow[]): void {
    const entries = seen.filter(isReachable).map(entryOf);
    const picture = JSON.stringify(
      entries.map((entry) => ({
        ...entry,
        capabilities: [...entry.capabilities],
        labels: [...entry.labels],
      })),
    );
    if (picture === drawn) return;
    drawn = picture;
    options.onFleet(entries, records);
  }

  function tellOrders(seen: readonly AgentNow[]): void {
    for (const { record, probing } of seen) {
      const text = `${record.generation} ${record.ordered} ${probing}`;
      if (told.get(record.id) === text) continue;
      if (told.has(record.id) || record.ordered !== null) options.onOrdered(record, probing);
      told.set(record.id, text);
    }
    for (const id of told.keys()) if (!byId.has(id)) told.delete(id);
  }

  async function reread(): Promise<void> {
    if (!isDirty && isYoung(readAt, options.now(), REREAD_MS)) return;
    isDirty = false;
    records = await readAgents(options.sql).catch((error: unknown) => {
      isDirty = true;
      throw error;
    });
    readAt = options.now();
    byId.clear();
    for (const record of records) byId.set(record.id, record);
  }

  async function look(): Promise<void> {
    await reread();
    await presence.read();
    await breaker.look(records);
    for (const [id, until] of cooling) if (until <= options.now()) cooling.delete(id);
    const seen = records.map(lookAt);
    draw(seen);
    tellOrders(seen);
    await keepHealth(seen);
  }

  /** Its state is another than the one that is written, or others would soon take the agent for silent. */
  function isNews({ record: { id, health }, state, lastBeatAt }: AgentNow): boolean {
    const isOther = health?.state !== state;
    if (!options.writesBeats || !health || lastBeatAt === null) return isOther;
    const writtenAt = health.lastBeatAt ?? 0;
    if (lastBeatAt - writtenAt >= options.beatMs) return true;
    // How much it has in hand is known to the process that it speaks to, and to no other.
    return isOther && (presence.last(id) !== undefined || presenceOf(health.state) !== presenceOf(state));
  }

  async function keepHealth(seen: readonly AgentNow[]): Promise<void> {
    const changes: HealthChange[] = seen
      .filter(isNews)
      .map(({ record: { id, orgId }, state, load, lastBeatAt }) => ({ id, orgId, state, load, lastBeatAt }));
    if (changes.length === 0) return;
    // One process writes: what is busy differs by who looks.
    const turn = await lockUnlessAway(hot, { name: LOCK.agentHealth, owner: options.owner, forMs: 10_000 });
    if (!turn) return;
    try {
      await writeHealth(options.sql, changes);
      isDirty = true;
      // Others look by themselves before long.
      await hot.publish(CHANNEL.agents, 'several').catch(() => undefined);
    } finally {
      await turn.end();
    }
  }

  async function runLooks(): Promise<void> {
    do {
      again = false;
      await look().catch((error: unknown) => options.onTrouble('The fleet could not be read.', error));
    } while (again);
    running = null;
  }

  function refresh(): Promise<void> {
    again = true;
    running ??= runLooks();
    return running;
  }

  const lookNow = (): void => {
    isDirty = true;
    void refresh();
  };

  return {
    async start() {
      begunAt = options.now();
      const known = await readAgents(options.sql).catch(() => []);
      foundThere = new Set(known.flatMap(({ id, health }) => (health && isHeard(health.state) ? [id] : [])));
      unsubscribe.push(await hot.subscribe(CHANNEL.agents, lookNow), hot.onGap(lookNow));
      await refresh();
      timer = setInterval(() => void refresh(), options.refreshMs);
      timer.unref();
    },
    async stop() {
      clearInterval(timer);
      for (const end of unsubscribe.splice(0)) await end();
      await running;
    },
    refresh() {
      isDirty = true;
      return refresh();
    },
    cool(agent, forMs) {
      cooling.set(agent, options.now() + forMs);
      draw(records.map(lookAt));
    },
    find: (agent) => byId.get(agent),
    now: () => records.map(lookAt),
  };
}
