import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { connectDatabase } from '#db/client.ts';
import { type Caller, createCaller } from '#server/tools/seed/caller.ts';
import { createMaker } from '#server/tools/seed/maker.ts';
import { makeMillion } from '#server/tools/seed/scenarios/million.ts';
import { passes, row } from '#server/tools/seed/scenarios/stages.ts';
import { readParent, readTreeCpuMs } from '../machine.ts';
import type { ApiSide, ServiceUrls, Subject } from '../subject.ts';
import type { Asked, ClientOrder, Load } from './api-messages.ts';
import { readsOf } from './api-requests.ts';
import { countHistory } from './count-history.ts';

/** A history of four weeks, counted: nothing of its making falls into what is measured. */
export async function fillHistory({ databaseUrl = '', dataDir }: ServiceUrls, count: number): Promise<void> {
  const server = await openServer({ databaseUrl, dataDir });
  const sql = connectDatabase({ url: databaseUrl, applicationName: 'bench', max: 1 });
  try {
    const maker = createMaker({ scenario: 'million', call: server.call, sql, say: () => undefined });
    await makeMillion(maker, { sql, url: databaseUrl, count, dataDir });
    await countHistory(sql, databaseUrl);
    await sql`CHECKPOINT`;
  } finally {
    await sql.end({ timeout: 5 });
    await server.close();
  }
}

/** The doors of one process over HTTP, with clients in another one. It has no engine that the harness could call. */
export function createDoors({ databaseUrl = '', dataDir }: ServiceUrls): Subject {
  let server: Awaited<ReturnType<typeof openServer>>;
  let postmaster: number;
  const none = () => Promise.reject(new Error('This subject has the bench `api` alone.'));

  async function openApi(): Promise<ApiSide> {
    const { call } = server;
    const made = await call({ path: '/keys', body: { name: 'bench', role: 'operator' } });
    // A database that was kept has those of the passes before.
    const about = {
      name: `Bench ${new Date().toISOString()}`,
      text: JSON.stringify(row([passes('Read'), passes('Write')])),
    };
    const pipeline = await call({
      path: '/pipelines/import',
      body: { ...about, format: 'json', publish: true },
    });
    const clients = forkHelper('api-clients.ts', { origin: server.origin, key: made.key });
    await once(clients, 'message');
    const order = async (message: ClientOrder) => {
      clients.send(message);
      return (await once(clients, 'message'))[0];
    };
    const submit: Asked = {
      name: 'submit',
      path: `/api/v1/pipelines/${pipeline.id}/execute`,
      body: { input_data: { from: 'bench' } },
    };
    return {
      ...{ reads: await readsOf(call, Date.now()), submit },
      time: async (asked, each) => (await order({ type: 'time', asked, each })) as number[][],
      load: async (asked, forMs, connections) =>
        (await order({ type: 'load', asked, forMs, connections })) as Load,
      cpuMs: async () => ({ process: await server.cpuMs(), database: readTreeCpuMs(postmaster) }),
      stop: () => end(clients),
    };
  }

  return {
    async start() {
      server = await openServer({ databaseUrl, dataDir });
      postmaster = await findPostmaster(databaseUrl);
    },
    ...{ runChains: none, fanOut: none, openApi },
    stop: () => server.close(),
  };
}

/** Whose child the process of every connection is. */
async function findPostmaster(databaseUrl: string): Promise<number> {
  const sql = connectDatabase({ url: databaseUrl, applicationName: 'bench', max: 1 });
  try {
    const [row] = await sql<[{ pid: number }]>`SELECT pg_backend_pid() AS pid`;
    return readParent(row.pid) ?? row.pid;
  } finally {
    await sql.end({ timeout: 5 });
  }
}

async function openServer({ databaseUrl, dataDir }: { databaseUrl: string; dataDir: string }) {
  await mkdir(dataDir, { recursive: true });
  const child = forkHelper('api-server.ts', { databaseUrl, dataDir });
  const [place] = (await once(child, 'message')) as [{ origin: string; token: string }];
  const call: Caller = createCaller(place);
  return {
    ...{ origin: place.origin, call },
    async cpuMs() {
      child.send('cpu');
      return Number((await once(child, 'message'))[0]);
    },
    async close() {
      const ended = once(child, 'exit');
      child.send('stop');
      await ended;
    },
  };
}

/** Ends with this process, whatever becomes of it: its channel closes. */
function forkHelper(file: string, order: object): ChildProcess {
  return fork(join(import.meta.dirname, file), [JSON.stringify(order)], { stdio: 'inherit' });
}

async function end(child: ChildProcess): Promise<void> {
  const ended = once(child, 'exit');
  child.disconnect();
  await ended;
}
