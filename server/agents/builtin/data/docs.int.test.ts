import { readFileSync } from 'node:fs';
import { afterAll, expect, test } from 'vitest';
import type { Json, JsonObject } from '#server/domain/json.ts';
import { createHarness, failureOf } from './testing/harness.ts';

/** The document is the source: its inputs are run, and its outputs must be what comes out. */
const text = readFileSync(new URL('../../../../docs/data-agents.md', import.meta.url), 'utf8');
const BLOCK = /<!-- example (\w+) (input|config|output|failure)(?: ([\w-]+))? -->\n```json\n([\s\S]*?)```/g;

interface Example {
  capability?: string;
  input?: Json;
  config?: JsonObject;
  output?: Json;
  failure?: Json;
}

const examples = new Map<string, Example>();
for (const [, name = '', part = '', capability, json = ''] of text.matchAll(BLOCK)) {
  const example = examples.get(name) ?? {};
  examples.set(name, { ...example, ...(capability ? { capability } : {}), [part]: JSON.parse(json) as Json });
}

const harness = createHarness();
afterAll(() => harness.stop());

test('the document has an example for each capability', () => {
  const shown = new Set([...examples.values()].map((example) => example.capability));
  expect([...shown].toSorted()).toEqual([
    'analysis',
    'data-ingestion',
    'output',
    'processing',
    'transformation',
    'validation',
  ]);
});

test.each([...examples])('the example %s is what really comes out', async (_name, example) => {
  const ran = harness.run(example.capability ?? '', example.input ?? null, { config: example.config ?? {} });
  if (example.failure !== undefined) {
    const { errorClass, code, message, details } = await failureOf(ran);
    expect({ errorClass, code, message, details }).toEqual(example.failure);
  } else {
    expect(await ran).toEqual(example.output);
  }
});
