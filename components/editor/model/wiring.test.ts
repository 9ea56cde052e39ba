import { describe, expect, test } from 'vitest';
import { applyChanges } from './changes.ts';
import { type EditorDocument, writeDocument } from './document.ts';
import { connect, renameStage, setField } from './edits/stages.ts';
import { findProblems } from './find-problems.ts';
import { countProblems } from './problems.ts';
import { paste } from './read-clip.ts';
import { readDocument } from './read-document.ts';
import { renameInExpression } from './renaming.ts';
import { suggest } from './suggestions.ts';
import { fromText } from './text.ts';
import { whyNotConnect } from './wiring.ts';

function open(value: unknown): EditorDocument {
  const read = readDocument(value);
  if (!read.ok) throw new Error(read.reason);
  return read.document;
}

const UNKNOWN = { capabilities: null, mcp: null };

const CHAIN = open({
  stages: ['read', 'clean-up', 'write'].map((key) => ({ key, type: 'echo' })),
  dependencies: [
    { from: 'read', to: 'clean-up' },
    { from: 'clean-up', to: 'write', when: { expression: 'stages["clean-up"].output.rows > 0' } },
  ],
});

describe('a wire that would close a circle', () => {
  test('is refused with the way round', () => {
    expect(whyNotConnect(CHAIN, 'write', 'read')).toBe(
      'That would close a circle: read → clean-up → write → read.',
    );
    expect(connect(CHAIN, 'write', 'read')).toHaveProperty('refused');
    expect(whyNotConnect(CHAIN, 'read', 'read')).toContain('itself');
    expect(whyNotConnect(CHAIN, 'read', 'clean-up')).toContain('already');
    expect(whyNotConnect(CHAIN, 'read', 'write')).toBeNull();
  });

  test('is refused when it is pasted', () => {
    const clip = {
      ...{ signalbox: 'stages', version: 1, notes: [], groups: [] },
      stages: [
        { key: 'a', type: 'echo' },
        { key: 'b', type: 'echo' },
      ],
      dependencies: [
        { from: 'a', to: 'b' },
        { from: 'b', to: 'a' },
      ],
    };
    expect(paste(CHAIN, JSON.stringify(clip))).toEqual({ refused: expect.stringContaining('circle') });
  });

  test('is named when it comes in a text, which can be mended but not published', () => {
    const text =
      'stages: [{key: a, type: echo}, {key: b, type: echo}]\ndependencies: [{from: a, to: b}, {from: b, to: a}]';
    const read = fromText(text);
    if (!read.ok) throw new Error('the text can be read');
    const problems = findProblems(read.document, UNKNOWN);
    expect(problems.filter(({ id }) => id.startsWith('cycle'))).toHaveLength(1);
    expect(countProblems(problems).errors).toBe(1);
  });
});

describe('a stage that gets another key', () => {
  const reading = open({
    stages: [
      { key: 'a', type: 'echo' },
      {
        key: 'b',
        type: 'echo',
        input: { rows: 'stages.a.output.rows', n: 'size(stages["a"].output.list)' },
        condition: 'stages.a.status == "succeeded"',
      },
    ],
    dependencies: [{ from: 'a', to: 'b', when: { expression: 'stages.a.output.ok' } }],
    ui: { groups: [{ id: 'g1', stages: ['a'] }] },
  });

  test('is followed by its wires, its group and all that reads it', () => {
    const after = applyChanges(reading, renameStage(reading, 'a', 'load-it').changes);
    expect(writeDocument(after)).toMatchObject({
      stages: [
        { key: 'load-it' },
        {
          input: { rows: 'stages["load-it"].output.rows', n: 'size(stages["load-it"].output.list)' },
          condition: 'stages["load-it"].status == "succeeded"',
        },
      ],
      dependencies: [{ from: 'load-it', to: 'b', when: { expression: 'stages["load-it"].output.ok' } }],
      ui: { groups: [{ stages: ['load-it'] }] },
    });
    expect(findProblems(after, UNKNOWN)).toEqual([]);
  });
});

describe('a rename in an expression', () => {
  const renaming = new Map([
    ['a', 'b'],
    ['x-1', 'y'],
  ]);
  test.each([
    ['stages.a.output', 'stages.b.output'],
    ['1 in stages . a.output || stages[ "x-1" ].output', '1 in stages .b.output || stages .y.output'],
    ['"stages.a" + \'stages.a\' + stages.a.output', '"stages.a" + \'stages.a\' + stages.b.output'],
    ['input.stages.a + mystages.a + stages.ab.output', 'input.stages.a + mystages.a + stages.ab.output'],
    ['stages.a.output == "\\"stages.a', 'stages.b.output == "\\"stages.b'],
  ])('%s', (before, after) => {
    expect(renameInExpression(before, renaming).replaceAll('stages .', 'stages.')).toBe(
      after.replaceAll('stages .', 'stages.'),
    );
  });
});

describe('what an expression can read', () => {
  test('is what runs before it, with the fields of the last run and of the schemas', () => {
    const samples = new Map([['read', { rows: 3, 'a b': 1 }]]);
    const texts = suggest(CHAIN, { stage: 'clean-up', seesItself: false }, samples).map(({ text }) => text);
    expect(texts).toContain('stages.read.output.rows');
    expect(texts).toContain('stages.read.output["a b"]');
    expect(texts.join()).not.toContain('write');
    expect(texts.join()).not.toContain('clean-up');
    const ofWire = suggest(CHAIN, { stage: 'clean-up', seesItself: true }, samples).map(({ text }) => text);
    expect(ofWire[0]).toBe('stages["clean-up"].output');
  });
});

describe('problems', () => {
  test('lead to the stage and field, and tell of capabilities that nobody offers', () => {
    const edit = setField(CHAIN, 'write', { field: 'condition', value: 'stages.nobody.output' });
    const wrong = applyChanges(CHAIN, edit.changes);
    const [first] = findProblems(wrong, UNKNOWN);
    expect(first).toMatchObject({ severity: 'error', item: 'stage:write', field: 'condition' });
    const unoffered = findProblems(CHAIN, { ...UNKNOWN, capabilities: new Map() }).map(
      ({ message }) => message,
    );
    expect(unoffered).toHaveLength(3);
    expect(unoffered[0]).toContain('No agent can take read');
  });

  test('of config are found by the schema of the capability', () => {
    const configSchema = { type: 'object', properties: { path: { type: 'string' } }, required: ['path'] };
    const shapes = { inputSchema: null, outputSchema: null };
    const echo = { name: 'echo', description: '', serving: 1, configSchema, ...shapes };
    const problems = findProblems(CHAIN, { ...UNKNOWN, capabilities: new Map([['echo', echo]]) });
    expect(problems.map(({ field }) => field)).toEqual(['config', 'config', 'config']);
  });
});
