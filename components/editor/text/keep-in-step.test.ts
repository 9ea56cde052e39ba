import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { type EditorDocument, EMPTY_DOCUMENT } from '../model/document.ts';
import { toYaml } from '../model/text.ts';
import { keepInStep } from './keep-in-step.ts';
import { readBeside } from './reading.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const withStages = (...keys: string[]): EditorDocument => ({
  ...EMPTY_DOCUMENT,
  settings: { format: 1 },
  stages: keys.map((key) => ({ key, type: 'echo' })),
});

async function pane() {
  let document = withStages('a');
  const replaced: EditorDocument[] = [];
  const step = keepInStep({
    document: () => document,
    replace(_before, after) {
      replaced.push(after);
      document = after;
      step.follow();
    },
    scribe: { read: async (text, beside) => readBeside(text, beside), write: async (asked) => toYaml(asked) },
    readNow: readBeside,
  });
  await vi.runAllTimersAsync();
  return {
    step,
    replaced,
    text: () => step.get().text ?? '',
    keys: () => document.stages.map(({ key }) => key),
    move(next: EditorDocument) {
      document = next;
      step.follow();
    },
  };
}

test('lines and spaces that say nothing stay as they were typed', async () => {
  const { step, text, replaced } = await pane();
  const typed = `${text()}\n\n# a remark\n`;
  step.type(typed);
  await vi.runAllTimersAsync();
  expect(text()).toBe(typed);
  expect(replaced).toEqual([]);
});

test('what is typed becomes the document, in one go after the last letter, and is not written over', async () => {
  const { step, text, keys, replaced } = await pane();
  const typed = 'stages: [{ key: b, type: echo }]';
  step.type('stages: [{ key: b, type: ech }]');
  step.type(typed);
  await vi.runAllTimersAsync();
  expect(keys()).toEqual(['b']);
  expect(replaced).toHaveLength(1);
  expect(text()).toBe(typed);
});

test('what the canvas does is written', async () => {
  const { move, text } = await pane();
  move(withStages('a', 'c'));
  await vi.runAllTimersAsync();
  expect(text()).toContain('key: c');
});

test('a text that cannot be read is not overwritten when the canvas moves, and says so; it can be given up', async () => {
  const { step, move, text } = await pane();
  step.type('stages: [');
  await vi.runAllTimersAsync();
  expect(step.get()).toMatchObject({ isBehind: false, faults: [{ line: 1 }] });
  move(withStages('a', 'c'));
  await vi.runAllTimersAsync();
  expect(step.get()).toMatchObject({ text: 'stages: [', isBehind: true });

  step.takeCanvas();
  await vi.runAllTimersAsync();
  expect(text()).toContain('key: c');
  expect(step.get()).toMatchObject({ isBehind: false, faults: [] });
});

test('a text that is mended after the canvas moved counts as it stands', async () => {
  const { step, move, keys } = await pane();
  step.type('stages: [');
  await vi.runAllTimersAsync();
  move(withStages('a', 'c'));
  step.type('stages: [{ key: d, type: echo }]');
  await vi.runAllTimersAsync();
  expect(keys()).toEqual(['d']);
  expect(step.get()).toMatchObject({ isBehind: false, faults: [] });
});

test('whoever leaves at once has typed it all the same', async () => {
  const { step, keys } = await pane();
  step.type('stages: [{ key: e, type: echo }]');
  step.stop();
  expect(keys()).toEqual(['e']);
});
