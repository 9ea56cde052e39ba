import type { Sql } from '#db/client.ts';
import { type HealthNote, writeHealth, writeOffer } from '#db/queries/mcp-tools.ts';
import { type OrgId, toUuid } from '#server/domain/ids.ts';
import type { Generation } from '#server/domain/mcp.ts';
import type { Line } from '../http/line.ts';
import { isOurRefusal } from '../refusals.ts';
import { holderOf, type SignIns } from '../sign-ins/sign-ins.ts';
import { createSignedLine } from '../sign-ins/signed-line.ts';
import type { Connection, Directories } from '../tenant/directory.ts';
import { ownErrorIn, toFailure, wordsOf } from '../upstream/faults.ts';
import type { OfferedTool } from '../upstream/offers.ts';
import { openUpstream, type Upstream } from '../upstream/upstream.ts';
import { BREAKER_DEFAULTS, type Breaker, createBreaker } from './breaker.ts';
import { createGate, type Gate } from './gate.ts';
import type { Peers } from './peers.ts';
import { changedMeanwhile, createPool, type Pool } from './pool.ts';
import { readSealed, secretsIn, type TargetOptions, toTarget } from './target.ts';

export interface SessionOptions extends TargetOptions {
  sql: Sql;
  directories: Directories;
  line: Line;
  signIns: SignIns;
  maxSessions: number;
  idleMs: number;
  probeMs: number;
  peers: Peers;
  breaker?: Partial<typeof BREAKER_DEFAULTS> | undefined;
  now(): number;
  /** The list of its resources is another: they are not approved one by one, so there is nothing to write. */
  onResources(connection: Connection): void;
  onTrouble(message: string, error: unknown): void;
}

/** What is known here of one connection besides its row. */
export interface Standing {
  breaker: Breaker;
  gate: Gate;
  /** Takes credentials out of a text. */
  hide(text: string): string;
  /** There are some. */
  hasSecrets(): boolean;
}

type Place = Pick<Connection, 'id' | 'orgId'>;

export interface Sessions {
  pool: Pool;
  standingOf(connection: Place): Standing;
  /** Undefined: nothing has been asked of it here. */
  knownStanding(connectionId: string): Standing | undefined;
  /**
   * Forgets what is known of connections that are not there any more, and says which they were. Of what has become known
   * since, one who has looked before knows nothing.
   */
  forgetOthers(look: Look): string[];
  /** Asks the server anew, and keeps what it says. */
  examine(connection: Connection): Promise<Examined>;
  /** What the server says now differs from what was approved, or a list is older than it may be. */
  refresh(connection: Connection, upstream: Upstream): Promise<void>;
  noteFault(connection: Connection, problem: string): void;
  stop(): Promise<void>;
}

/** How somebody found the connections of an organisation when they looked. */
export interface Look {
  orgId: OrgId;
  at: number;
  isThere(connectionId: string): boolean;
}

export interface Examined {
  ok: boolean;
  latencyMs: number;
  generation: Generation | null;
  serverName: string | null;
  serverVersion: string | null;
  problem: string | null;
  tools: number;
}

interface OwnStanding extends Standing {
  orgId: OrgId;
  begunAt: number;
  secrets: string[];
  tokens: string[];
  generation: Generation | undefined;
  notedAt: number;
}

const CONNECT_MS = 20_000;
const LIST_MS = 20_000;
const PROBE_MS = 10_000;
/** Of one connection, troubles of the same moment are written once. */
const NOTE_EVERY_MS = 5_000;

export function createSessions(options: SessionOptions): Sessions {
  const { sql, directories, now, onTrouble } = options;
  const standings = new Map<string, OwnStanding>();

  const { peers } = options;
  const limits = { ...BREAKER_DEFAULTS, ...options.breaker };
  peers.onBreaker((id, restMs) => standings.get(id)?.breaker.follow(restMs));

  function standingOf({ id, orgId }: Place): OwnStanding {
    let found = standings.get(id);
    if (!found) {
      const secrets: string[] = [];
      const tokens: string[] = [];
      found = {
        breaker: createBreaker({ ...limits, now, share: peers.shareOf(id, limits.windowMs) }),
        gate: createGate(),
        ...{ orgId, begunAt: now(), secrets, tokens },
        generation: undefined,
        notedAt: 0,
        hasSecrets: () => secrets.length + tokens.length > 0,
        hide: (text) =>
          [...secrets, ...tokens].reduce((shown, secret) => shown.replaceAll(secret, '…'), text),
      };
      standings.set(id, found);
    }
    return found;
  }

  async function connect(connection: Connection, signal: AbortSignal): Promise<Upstream> {
    const { connections } = await directories.of(connection.orgId);
    // Whoever has waited for a turn may come when it is gone or leads elsewhere: nothing is opened that nobody would end,
    // and no credentials of now go to an address of before.
    if (connections.get(connection.id)?.version !== connection.version) throw changedMeanwhile(connection);
    const standing = standingOf(connection);
    const sealed = await readSealed(connection, options);
    standing.secrets.splice(0, Infinity, ...secretsIn(sealed));
    // Said before anything is opened: whoever has to sign in hears of it as it is.
    if (connection.signIn) await options.signIns.tokenFor(connection);
    const target = await toTarget(connection, sealed, options);
    signal.throwIfAborted();
    const upstream = await openUpstream(target, {
      line: lineFor(connection, standing.tokens, options),
      timeoutMs: CONNECT_MS,
      maxMessageBytes: connection.maxResultBytes * 2 + 1_048_576,
      known: standing.generation,
      loans: connection.loans,
      ...{ now, signal },
    });
    standing.generation = upstream.generation;
    return upstream;
  }

  const note = async (given: HealthNote): Promise<void> => {
    const standing = standings.get(given.connectionUuid);
    if (standing) standing.notedAt = now();
    await writeHealth(sql, given);
  };

  async function refresh(connection: Connection, upstream: Upstream): Promise<void> {
    const tools = await upstream.offers.all({ timeoutMs: LIST_MS });
    const { tools: known } = await directories.of(connection.orgId);
    if (isKnown(tools, known.get(connection.id), connection.signIn?.mode !== 'each')) return;
    await keepOffer(connection, tools);
  }

  async function keepOffer(connection: Connection, tools: ReadonlyMap<string, OfferedTool>): Promise<void> {
    const offer = [...tools].map(([name, { definition, hash }]) => ({ name, definition, hash }));
    const changed = await writeOffer(sql, {
      orgUuid: toUuid(connection.orgId),
      connectionUuid: connection.id,
      tools: offer,
      // Servers may show each person other tools: what one is not shown is not gone.
      isWhole: connection.signIn?.mode !== 'each',
    });
    if (changed > 0) await directories.changed(connection.orgId);
  }

  const pool = createPool({
    ...{ connect, now, onTrouble, idleMs: options.idleMs, maxSessions: options.maxSessions },
    onOpened(connection, upstream) {
      const look = () =>
        refresh(connection, upstream).catch((error) =>
          onTrouble(`The tools of the MCP connection ${connection.slug} could not be listed.`, error),
        );
      upstream.onListChanged((kind) => {
        void look();
        if (kind === 'resources') options.onResources(connection);
      });
      void look();
    },
  });

  /** One that was started again knows nothing of the session with the one before: then it is asked in another. */
  async function listAnew(
    connection: Connection,
    isAgain = false,
  ): Promise<[Upstream, ReadonlyMap<string, OfferedTool>]> {
    const upstream = await pool.get(connection);
    try {
      return [upstream, await upstream.offers.all({ timeoutMs: LIST_MS, isFresh: true })];
    } catch (error) {
      const { isSessionOver, isUnsent } = toFailure(error, (text) => text);
      if (isSessionOver || upstream.isEnded) pool.drop(connection, upstream);
      if (isAgain || !isUnsent || isOurRefusal(ownErrorIn(error))) throw error;
      return listAnew(connection, true);
    }
  }

  async function examine(connection: Connection): Promise<Examined> {
    const before = now();
    const about = { orgUuid: toUuid(connection.orgId), connectionUuid: connection.id };
    const standing = standingOf(connection);
    // What it was before may not be what it is after somebody has changed it.
    standing.generation = undefined;
    try {
      const [upstream, tools] = await listAnew(connection);
      await keepOffer(connection, tools);
      standing.breaker.close();
      const { generation, serverName, serverVersion } = upstream;
      const latencyMs = now() - before;
      const found = { ok: true, latencyMs, generation, serverName, serverVersion };
      const problem = upstream.offers.leftOut();
      await note({ ...about, ...found, problem });
      return { ...found, problem, tools: tools.size };
    } catch (error) {
      const problem = wordsOf(toFailure(error, standing.hide).error);
      const unknown = { generation: null, serverName: null, serverVersion: null };
      await note({ ...about, ...unknown, ok: false, latencyMs: null, problem });
      return { ...unknown, ok: false, latencyMs: now() - before, problem, tools: 0 };
    }
  }

  /** One that rests is tried when its time has come, so that it is back before somebody asks for it. */
  async function probe({
    connection,
    upstream,
  }: {
    connection: Connection;
    upstream: Upstream;
  }): Promise<void> {
    const before = now();
    const { breaker, hide } = standingOf(connection);
    const about = { orgUuid: toUuid(connection.orgId), connectionUuid: connection.id };
    const { generation, serverName, serverVersion } = upstream;
    try {
      await upstream.probe(PROBE_MS);
      await note({
        ...{ ...about, ok: true, generation, serverName, serverVersion },
        ...{ latencyMs: now() - before, problem: upstream.offers.leftOut() },
      });
    } catch (error) {
      // Somebody has to sign in again: that says nothing of the server.
      if (isOurRefusal(ownErrorIn(error))) return pool.drop(connection, upstream);
      const { error: failure, isSessionOver } = toFailure(error, hide);
      breaker.settle(true);
      if (isSessionOver) pool.drop(connection, upstream);
      const problem = wordsOf(failure);
      await note({ ...about, ok: false, generation, serverName, serverVersion, latencyMs: null, problem });
    }
  }

  async function retry(connectionId: string, orgId: OrgId): Promise<void> {
    const { connections } = await directories.of(orgId);
    const connection = connections.get(connectionId);
    // Where each person signs in, the next who calls tries it.
    if (!connection?.enabled || connection.signIn?.mode === 'each') return;
    const { breaker } = standingOf(connection);
    try {
      breaker.admit();
    } catch {
      return;
    }
    const { ok } = await examine(asHeldBy(connection, null));
    if (!ok) breaker.settle(true);
  }

  const resting = new Map<string, OrgId>();
  const timer = setInterval(() => {
    for (const each of pool.open()) {
      probe(each).catch((error) => onTrouble('The health of an MCP server could not be written.', error));
    }
  }, options.probeMs);
  timer.unref();
  const wakeTimer = setInterval(
    () => {
      for (const [id, orgId] of resting) {
        const state = standings.get(id)?.breaker.look().state ?? 'closed';
        if (state === 'closed') resting.delete(id);
        else if (state === 'trying') {
          retry(id, orgId).catch((error) => onTrouble('An MCP server could not be tried again.', error));
        }
      }
    },
    Math.min(1000, options.probeMs),
  );
  wakeTimer.unref();

  return {
    pool,
    standingOf,
    knownStanding: (id) => standings.get(id),
    forgetOthers({ orgId, at, isThere }) {
      const gone = [...standings].flatMap(([id, standing]) =>
        standing.orgId === orgId && standing.begunAt < at && !isThere(id) ? [id] : [],
      );
      for (const id of gone) standings.delete(id);
      return gone;
    },
    examine,
    refresh,
    noteFault(connection, problem) {
      const standing = standings.get(connection.id);
      // It is not there any more, and nobody wants to know.
      if (!standing) return;
      if (standing.breaker.look().state !== 'closed') resting.set(connection.id, connection.orgId);
      if (now() - standing.notedAt < NOTE_EVERY_MS) return;
      const about = { orgUuid: toUuid(connection.orgId), connectionUuid: connection.id };
      const unknown = { generation: null, serverName: null, serverVersion: null, latencyMs: null };
      note({ ...about, ...unknown, ok: false, problem }).catch((error) =>
        onTrouble('The health of an MCP server could not be written.', error),
      );
    },
    async stop() {
      clearInterval(timer);
      clearInterval(wakeTimer);
      await pool.stop();
    },
  };
}

function isKnown(
  tools: ReadonlyMap<string, OfferedTool>,
  known: ReadonlyMap<string, { offeredHash: string | null }> = new Map(),
  isWhole = true,
): boolean {
  const offered = [...known.values()].filter(({ offeredHash }) => offeredHash !== null).length;
  return (
    (!isWhole || offered === tools.size) &&
    [...tools].every(([name, { hash }]) => known.get(name)?.offeredHash === hash)
  );
}

/** In the name of whoever asks, where people sign in. */
export function asHeldBy(connection: Connection, userUuid: string | null): Connection {
  return connection.signIn ? { ...connection, holder: holderOf(connection, userUuid) } : connection;
}

const MAX_TOKENS_HIDDEN = 16;

function lineFor(connection: Connection, tokens: string[], { line, signIns }: SessionOptions): Line {
  if (!connection.signIn) return line;
  const onToken = (token: string) => {
    if (tokens.includes(token)) return;
    tokens.push(token);
    if (tokens.length > MAX_TOKENS_HIDDEN) tokens.shift();
  };
  return createSignedLine({ connection, signIns, line, onToken });
}
