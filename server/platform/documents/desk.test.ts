import { afterEach, describe, expect, test } from 'vitest';
import { createDocumentDesk, type DocumentDesk, type DocumentDeskOptions } from './desk.ts';

let desk: DocumentDesk | undefined;
afterEach(() => desk?.stop());
function open(options: DocumentDeskOptions = {}): DocumentDesk {
  desk = createDocumentDesk(options);
  return desk;
}

const yamlOf = (stages: number): string =>
  `stages:\n${Array.from({ length: stages }, (_, at) => `  - key: s${at}\n    type: echo\n`).join('')}`;
const graphOf = (stages: number) => ({
  stages: Array.from({ length: stages }, (_, at) => ({ key: `s${at}`, type: 'echo' })),
});

/** How often this thread gets a turn until the work is done. */
async function turnsDuring(work: Promise<unknown>): Promise<number> {
  let turns = 0;
  let isDone = false;
  const tick = (): void => {
    turns += 1;
    if (!isDone) setTimeout(tick, 1);
  };
  setTimeout(tick, 1);
  await work;
  isDone = true;
  return turns;
}

describe('the desk for documents', { timeout: 60_000 }, () => {
  test('reads and judges the same on either thread', async () => {
    const [here, there] = [open(), createDocumentDesk({ smallText: 0, smallGraph: 0 })];
    const broken = { stages: [{ key: 'a', type: 'echo' }], dependencies: [{ from: 'a', to: 'b' }] };
    expect(await there.read(yamlOf(3), 'yaml')).toEqual(await here.read(yamlOf(3), 'yaml'));
    expect(await there.read('a: [', 'yaml')).toEqual(await here.read('a: [', 'yaml'));
    expect(await there.judge(graphOf(3))).toEqual(await here.judge(graphOf(3)));
    expect(await there.judge(broken)).toEqual(await here.judge(broken));
    await there.stop();
  });

  test('leaves this thread free while a large text is read', async () => {
    const reading = open().read(yamlOf(4000), 'yaml');
    expect(await turnsDuring(reading)).toBeGreaterThan(5);
    expect(await reading).toMatchObject({ ok: true });
  });

  test('refuses a text past its limit, and says that more is taken as JSON', async () => {
    const text = 'x'.repeat(5 * 1024 * 1024 + 1);
    await expect(open().read(text, 'yaml')).rejects.toMatchObject({
      code: 'TOO_LARGE',
      message: 'The text is larger than 5 MiB.',
      advice: expect.stringContaining('32 MiB'),
    });
  });

  test('ends what takes too long, and goes on with the next', async () => {
    const slow = open({ limitMs: 1, smallText: 100 });
    await expect(slow.read(yamlOf(4000), 'yaml')).rejects.toMatchObject({ code: 'TOO_LARGE' });
    await slow.stop();
    const next = open({ smallText: 100 });
    await expect(next.read(yamlOf(4000), 'yaml')).resolves.toMatchObject({ ok: true });
  });

  test('works on one at a time, and takes no more than can wait', async () => {
    const busy = open({ smallText: 100, maxWaiting: 2 });
    const text = yamlOf(100);
    const taken = [busy.read(text, 'yaml'), busy.read(text, 'yaml')];
    await expect(busy.read(text, 'yaml')).rejects.toMatchObject({
      code: 'UNAVAILABLE',
      details: { retryAfterSeconds: 10 },
    });
    expect(await Promise.all(taken)).toMatchObject([{ ok: true }, { ok: true }]);
    expect(await busy.read(text, 'yaml')).toMatchObject({ ok: true });
  });
});
