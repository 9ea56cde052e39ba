import { createHash, randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { connectDatabase, type Sql } from '#db/client.ts';
import type { Place, Writer } from '#db/queries/workspace-enter.ts';
import type { Lease } from '#db/queries/workspace-leases.ts';
import { openDoorDatabase } from '#db/tenant.ts';
import { conflictOf } from '#server/agents/workspace/desk.ts';
import { createWorkspaces, type Workspaces } from '#server/agents/workspace/workspaces.ts';
import { SignalboxError } from '#server/domain/errors.ts';
import { createRedisHotState } from '#server/redis/redis.ts';

/** Many agents on one workspace who do whatever comes to mind, and write down what they were told. */
export interface FleetOptions {
  url: string;
  redisUrl: string;
  place: Place;
  /** Their names begin with it. */
  name: string;
  agents: number;
  /** Whether an agent that has done so much goes on; `done` is what came of all of them so far. */
  goesOn(actions: number, done: FleetReport['done']): boolean;
  random(): number;
  /** Takes a safeguard away. */
  mutate?(pool: Sql): Sql;
}

export interface FleetReport {
  done: Record<string, number>;
  /** Anything that is neither done nor a conflict that says who and since when. */
  troubles: string[];
}

const PATHS = ['a.md', 'b.md', 'src/c.ts', 'src/d.ts', 'src/deep/e.ts'];
const PATTERNS = [...PATHS, 'src/*', 'src/**', '*.md'];
const END = '# end\n';

/** Where agents write down which of their versions was confirmed. */
export const createJournal = (sql: Sql) =>
  sql`CREATE TABLE workspace_journal (holder text, path text, version int, marker text)`;

export async function runFleet(options: FleetOptions): Promise<FleetReport> {
  const { url, redisUrl, mutate = (pool) => pool } = options;
  const db = openDoorDatabase({ url, applicationName: 'fleet', max: 8 });
  const journal = connectDatabase({ url, applicationName: 'journal', max: 2 });
  const hot = createRedisHotState({ url: redisUrl });
  await hot.start();
  const workspaces = createWorkspaces({
    ...{ db: { ...db, pool: mutate(db.pool) }, hot, newUuid: randomUUID, now: Date.now },
    payloads: noObjects(),
    limits: { maxBytes: 10 ** 12, maxFiles: 1000, fileMaxBytes: 30_000 },
    watch: { changed: () => undefined, looked: () => undefined, synced: () => undefined },
  });
  const report: FleetReport = { done: {}, troubles: [] };
  const one = (nth: number) => {
    const holder = `${options.name} ${nth}`;
    return live({ ...options, workspaces, report, journal, writer: { holder, name: holder, hand: null } });
  };
  await Promise.all(Array.from({ length: options.agents }, (_, nth) => one(nth)));
  await hot.stop();
  await Promise.all([db.end({ timeout: 5 }), journal.end()]);
  return report;
}

interface Life extends FleetOptions {
  workspaces: Workspaces;
  writer: Writer;
  report: FleetReport;
  journal: Sql;
}

async function live(life: Life): Promise<void> {
  const actions = [
    write,
    write,
    edit,
    edit,
    edit,
    read,
    read,
    workUnderClaim,
    workUnderClaim,
    overstay,
    talk,
  ];
  for (let count = 0; life.goesOn(count, life.report.done); count += 1) {
    const act = pick(life, actions);
    try {
      await act(life);
      tally(life, act.name);
    } catch (error) {
      account(life, act.name, error);
    }
  }
}

const pick = <Item>({ random }: Life, items: readonly Item[]): Item =>
  items[Math.floor(random() * items.length)] as Item;
const tally = ({ report }: Life, what: string) => {
  report.done[what] = (report.done[what] ?? 0) + 1;
};

/** A refusal must say who and since when; anything else is trouble. */
function account(life: Life, what: string, error: unknown): void {
  const conflict = conflictOf(error);
  if (conflict?.kind === 'outdated' && conflict.changedBy && conflict.changedAt) tally(life, 'outdated');
  else if (conflict?.kind === 'locked' && conflict.heldBy.name && conflict.heldBy.since)
    tally(life, 'locked');
  else if (conflict?.kind === 'lease-lost' && conflict.why) tally(life, 'lease-lost');
  else if (error instanceof SignalboxError && /does not hold any more/.test(error.message))
    tally(life, 'lost');
  else life.report.troubles.push(`${what}: ${error instanceof Error ? error.stack : String(error)}`);
}

/** What it holds and its version; a read whose bytes are not those of its hash is torn. */
async function look({ workspaces, place, report }: Life, path: string) {
  const file = await workspaces.files.read(place, { path }).catch((error) => {
    if (error?.code === 'NOT_FOUND') return null;
    throw error;
  });
  if (!file) return { text: END, version: 0 };
  const text = 'text' in file.content ? file.content.text : '';
  if (createHash('sha256').update(text).digest('hex') !== file.hash)
    report.troubles.push(`a torn read of ${path}, version ${file.version}`);
  return { text, version: file.version };
}

async function confirm({ journal, writer }: Life, made: { path: string; version: number }, marker: string) {
  await journal`INSERT INTO workspace_journal VALUES (${writer.holder}, ${made.path}, ${made.version}::int, ${marker})`;
}

type Proof = { id: string; token: number };

/** On what it has read: the first line says which version that was. */
async function write(life: Life, path = pick(life, PATHS), lease?: Proof): Promise<void> {
  const { workspaces, place, writer } = life;
  const { text, version } = await look(life, path);
  const marker = randomUUID();
  const kept = text.length > 4_000 ? END : text.slice(text.indexOf('\n') + 1) || END;
  const content = { text: `on ${version}\n${marker}\n${kept}` };
  const made = await workspaces.files.write(place, writer, { path, content, baseVersion: version, lease });
  await confirm(life, made, marker);
}

async function edit(life: Life, path = pick(life, PATHS), lease?: Proof): Promise<void> {
  const { workspaces, place, writer } = life;
  const { version, text } = await look(life, path);
  if (version === 0 || text.length > 8_000) return write(life, path, lease);
  const marker = randomUUID();
  const edits = [{ old: END, new: `${marker}\n${END}` }];
  await confirm(life, await workspaces.files.edit(place, writer, { path, edits, lease }), marker);
}

async function read(life: Life): Promise<void> {
  await look(life, pick(life, PATHS));
}

const claim = ({ workspaces, place, writer }: Life, pattern: string, ttlMs: number): Promise<Lease> =>
  workspaces.leases.claim(place, writer, { patterns: [pattern], ttlMs });
const proofOf = ({ leaseId: id, token }: Lease): Proof => ({ id, token });

/** Some never release: they are dead, as far as the others can see. */
async function workUnderClaim(life: Life): Promise<void> {
  const { workspaces, place, writer, random } = life;
  const path = pick(life, PATHS);
  const lease = await claim(life, path, 1_000 + random() * 2_000);
  await write(life, path, proofOf(lease));
  if (random() < 0.5) await workspaces.leases.renew(place, writer, { lease: proofOf(lease), ttlMs: 2_000 });
  await edit(life, path, proofOf(lease));
  if (random() < 0.8) await workspaces.leases.release(place, writer, proofOf(lease));
}

/** Sleeps over its claim and writes as if nothing were, when another may have the file already. */
async function overstay(life: Life): Promise<void> {
  const pattern = pick(life, PATTERNS);
  const lease = await claim(life, pattern, 1_000);
  await sleep(1_000 + life.random() * 200);
  const path = PATHS.includes(pattern) ? pattern : 'src/c.ts';
  await write(life, path, proofOf(lease));
}

async function talk(life: Life): Promise<void> {
  const { workspaces, place, writer } = life;
  await workspaces.talk.logStep(place, writer, { level: 'info', message: 'at work' });
  await workspaces.talk.send(place, writer, { to: null, body: 'hello' });
  const messages = await workspaces.talk.inbox(place, writer, { seen: 0, limit: 5 });
  if (messages.some(({ from }) => from === writer.holder)) life.report.troubles.push('mail from myself');
}

function noObjects() {
  const none = () => Promise.reject(new Error('no object store in this test'));
  return { upload: none, open: none, remember: none };
}
