import { io } from 'socket.io-client';
import { beforeAll, expect, test, vi } from 'vitest';
import { provideInstallation } from '../stack/installation.ts';

const here = provideInstallation({ hasBrowser: false });
const { api } = here;

beforeAll(async () => {
  // From the first page on whoever draws them hears of upgrades too.
  expect((await fetch(`${here.origin}/sign-in`)).status).toBe(200);
});

async function startSample(): Promise<string> {
  const made = await api('/pipelines', {
    name: `live ${crypto.randomUUID()}`,
    stages: [
      { name: 'first', type: 'echo' },
      { name: 'second', type: 'echo' },
    ],
    dependencies: [{ from: 0, to: 1 }],
  });
  return (await api(`/pipelines/${made.id}/execute`, { input_data: { n: 1 } })).id;
}

interface Told {
  type: string;
  run_id?: string;
  seq?: number;
  event?: string | null;
}

const isEndOf = (runId: string) => (told: Told) => told.run_id === runId && told.event === 'run.succeeded';

test('beside the pages /ws tells a run to whoever signs in there', async () => {
  const told: Told[] = [];
  const socket = new WebSocket(`${here.origin.replace('http', 'ws')}/ws`);
  socket.onopen = () => socket.send(JSON.stringify({ type: 'auth', token: here.secret }));
  socket.onmessage = ({ data }) => told.push(JSON.parse(data) as Told);
  await vi.waitFor(() => expect(told.some(({ type }) => type === 'ready')).toBe(true), { timeout: 30_000 });
  const runId = await startSample();
  await vi.waitFor(() => expect(told.some(isEndOf(runId))).toBe(true), { timeout: 60_000 });
  const numbers = told.flatMap(({ run_id, seq, event }) => (run_id === runId && event ? [seq ?? 0] : []));
  expect(numbers).toEqual(Array.from({ length: numbers.length }, (_, at) => at + 1));
  socket.close();
});

test('and Socket.IO does so at /socket.io', async () => {
  const statuses: string[] = [];
  const socket = io(here.origin, {
    transports: ['websocket'],
    auth: { token: here.secret },
    reconnection: false,
  });
  socket.on('run_news', (news: { status: string; runId: string }[]) => {
    for (const { status } of news) statuses.push(status);
  });
  try {
    const answer = await socket.timeout(30_000).emitWithAck('subscribe', [{ everything: true }]);
    expect(answer).toEqual({ ok: true });
    await startSample();
    await vi.waitFor(() => expect(statuses).toContain('succeeded'), { timeout: 60_000 });
  } finally {
    socket.close();
  }
});
