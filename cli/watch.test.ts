import { PassThrough } from 'node:stream';
import { expect, test } from 'vitest';
import type { Client, Run, RunEvent } from '../sdk/typescript/index.mjs';
import { createOutput } from './output.mjs';
import { watchRun } from './watch.mjs';

/** A run as far as whoever watches it looks at it: two stages, the second of which may fail. */
function runOf(status: string, error: Run['error'] = null): Run {
  const stages = ['read', 'check \u001b[31m'].map((name) => ({
    name,
    state: 'waiting',
    output: { rows: 3 },
  }));
  return { id: 'run_1', status, error, stages } as unknown as Run;
}

const EVENTS = [
  { seq: 1, at: '2026-01-01T00:00:00Z', type: 'task.started', task: 0, agent: 'agent_1' },
  {
    seq: 2,
    at: '2026-01-01T00:00:01Z',
    type: 'task.progress',
    task: 0,
    progress: 0.5,
    note: 'half \u001b[2J',
  },
  { seq: 3, at: '2026-01-01T00:00:02Z', type: 'task.succeeded', task: 0 },
  { seq: 4, at: '2026-01-01T00:00:03Z', type: 'run.ended' },
] as unknown as RunEvent[];

async function watch({ end, isTTY, isJson = false }: { end: Run; isTTY: boolean; isJson?: boolean }) {
  const stream = new PassThrough();
  const stdout = Object.assign(stream, { isTTY, columns: 200 }) as unknown as NodeJS.WriteStream;
  const client = {
    runs: {
      async *follow() {
        yield* EVENTS;
      },
      get: async () => end,
    },
  } as unknown as Client;
  const code = await watchRun({ client, out: createOutput({ isJson, stdout }), run: runOf('running') });
  return { code, text: String(stream.read()) };
}

test('at a terminal a run is a picture with a bar for each stage, drawn over the one before', async () => {
  const { code, text } = await watch({ end: runOf('succeeded'), isTTY: true });
  expect(code).toBe(0);
  const pictures = text.split('\u001b[2A');
  // The first, and one for each event.
  expect(pictures).toHaveLength(1 + EVENTS.length);
  expect(pictures[0]).toContain(`${'read'.padEnd(11)}  ░░░░░░░░░░░░░░░░░░░░░░░░   0 %  waiting`);
  expect(pictures[2]).toContain(
    `${'read'.padEnd(11)}  ████████████░░░░░░░░░░░░  50 %  progress  half \uFFFD[2J`,
  );
  expect(pictures.at(-1)).toContain('████████████████████████ 100 %  succeeded');
  expect(text).not.toContain('\u001b[31m');
  expect(text).toContain('The run has succeeded.\n{\n  "rows": 3\n}\n');
});

test('where no terminal is, each event is a line, and a run that failed says so by the exit code', async () => {
  const error = { code: 'NO_DATA', message: 'nothing came' } as unknown as Run['error'];
  const { code, text } = await watch({ end: runOf('failed', error), isTTY: false });
  expect(code).toBe(1);
  expect(text).not.toContain('\u001b');
  expect(text).toContain('2026-01-01T00:00:00Z  read: task.started  by agent_1\n');
  expect(text).toContain('The run has ended: failed.\nNO_DATA: nothing came\n');
  expect(text).toContain('signalbox replay run_1 --from STAGE');
});

test('for a program each line is JSON, at a terminal too', async () => {
  const { text } = await watch({ end: runOf('succeeded'), isTTY: true, isJson: true });
  const lines = text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(lines.map(({ type, status }) => type ?? status)).toEqual([
    ...EVENTS.map(({ type }) => type),
    'succeeded',
  ]);
});
