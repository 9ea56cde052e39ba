import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'vitest';
import { audit } from '#server/auditor/audit.ts';
import { createUuidSource } from '#server/platform/ids.ts';
import { readOrCreateSecret } from '#server/platform/secret-file.ts';
import { type Client, createClient } from '../../../sdk/typescript/index.mjs';
import { createTestDatabase } from '../database.ts';
import { until } from '../faults/until.ts';
import { findFreePort } from '../free-port.ts';
import { createGraphStore } from '../graph-store.ts';
import type { Program } from './join.ts';

const SERVER = join(import.meta.dirname, 'server-process.ts');

export interface Child {
  kill(signal: NodeJS.Signals): void;
  /** The exit code, or null after a signal. */
  exited: Promise<number | null>;
  printed(): string;
}

export interface Beside {
  child: Child;
  client: Client;
  /** What programs need to reach it. */
  connection: { url: string; token: string };
}

/** A real server and real agents on one database, any of which may be killed. */
export interface KillRig extends AsyncDisposable {
  client: Client;
  /** What programs need to reach it. */
  env: Record<string, string>;
  startServer(): Promise<Child>;
  /** Another server on the same database, with a data folder, a port and a token of its own. */
  startBeside(settings: Record<string, string>): Promise<Beside>;
  startAgent(program: Program, env?: Record<string, string>): Child;
  start(program: Program): Child;
  /** `stage epoch` of each call of a handler. */
  notes(): Promise<string[]>;
  openGate(): Promise<void>;
  /** Every invariant holds, nothing came too late, and each task of the run has succeeded once. */
  expectAcceptedOnce(runId: string, tasks: number): Promise<void>;
}

/** `settings` of the server, beside those that every test wants. */
export async function createKillRig(settings: Record<string, string> = {}): Promise<KillRig> {
  const database = await createTestDatabase();
  const folder = await mkdtemp(join(tmpdir(), 'signalbox-kills-'));
  const token = readOrCreateSecret(join(folder, 'data/api-secret'));
  const port = await findFreePort();
  const notesFile = join(folder, 'notes.txt');
  const gate = join(folder, 'open');
  const children: Child[] = [];
  const url = `http://127.0.0.1:${port}`;
  const env = { SIGNALBOX_URL: url, SIGNALBOX_TOKEN: token, NOTES: notesFile, GATE: gate };

  function launch({ command, args, env: more }: Program): Child {
    const child = wrap(spawn(command, [...args], { env: { ...process.env, ...more }, stdio: 'pipe' }));
    children.push(child);
    return child;
  }

  async function serve(data: string, settings: Record<string, string>): Promise<Child> {
    const { RABBITMQ_URL: _rabbitmq, REDIS_URL: _redis, ...rest } = process.env;
    const env = { ...rest, DATABASE_URL: database.url, SIGNALBOX_DATA_DIR: data, ...settings };
    const child = wrap(spawn(process.execPath, [SERVER], { env, stdio: 'pipe' }));
    children.push(child);
    await until('the server', async () => child.printed().includes('ready'), 60_000);
    return child;
  }

  const start = (program: Program): Child => launch({ ...program, env: { ...env, ...program.env } });

  return {
    env,
    client: createClient({ url, token }),
    startServer: () =>
      serve(join(folder, 'data'), {
        ...{ SIGNALBOX_ROLES: 'web,coordinator', SERVER_PORT: String(port) },
        ...settings,
      }),
    async startBeside(more) {
      const besidePort = await findFreePort();
      const data = join(folder, `data-${besidePort}`);
      const connection = {
        url: `http://127.0.0.1:${besidePort}`,
        token: readOrCreateSecret(join(data, 'api-secret')),
      };
      const child = await serve(data, {
        ...{ SIGNALBOX_ROLES: 'web,coordinator', SERVER_PORT: String(besidePort) },
        ...{ ...settings, ...more },
      });
      return { child, client: createClient(connection), connection };
    },
    startAgent: (program, more = {}) => start({ ...program, env: { ...program.env, ...more } }),
    start,
    notes: async () =>
      (await readFile(notesFile, 'utf8').catch(() => '')).split('\n').filter((line) => line !== ''),
    openGate: () => writeFile(gate, ''),
    async expectAcceptedOnce(runId, tasks) {
      const { sql } = database;
      const { graphOf } = createGraphStore(sql, createUuidSource(Date.now));
      expect((await audit({ sql, graphOf })).findings).toEqual([]);
      expect(await sql`SELECT FROM late_answers`).toHaveLength(0);
      const events = await sql<{ task: number }[]>`
        SELECT (e ->> 'task')::int AS task FROM run_events, json_array_elements(entries) AS e
        WHERE run_id = ${runId.slice(4)}::text::uuid AND e ->> 'type' = 'task.succeeded' ORDER BY 1`;
      expect(events.map(({ task }) => task)).toEqual(Array.from({ length: tasks }, (_, at) => at));
    },
    async [Symbol.asyncDispose]() {
      for (const child of children) child.kill('SIGKILL');
      await Promise.all(children.map(({ exited }) => exited));
      await database[Symbol.asyncDispose]();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

function wrap(child: ChildProcess): Child {
  let printed = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (chunk: Buffer) => {
      printed += chunk.toString('utf8');
    });
  }
  const exited = new Promise<number | null>((resolve) => child.once('close', (code) => resolve(code)));
  return { kill: (signal) => void child.kill(signal), exited, printed: () => printed };
}
