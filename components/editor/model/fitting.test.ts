import { describe, expect, test } from 'vitest';
import { builtinShapes } from '#server/agents/builtin/index.ts';
import type { Json } from '../../../server/domain/json.ts';
import type { Capability } from './capabilities.ts';
import { fittingBeside, type Known, specimenOf } from './fitting.ts';
import { readDocument } from './read-document.ts';

const NAMES = ['echo', 'sleep', ...Object.keys(builtinShapes)];
const capabilities = new Map(
  NAMES.map((name): [string, Capability] => {
    const { takes = null, gives = null } = builtinShapes[name] ?? {};
    const own = { inputSchema: takes, outputSchema: gives };
    return [name, { name, description: '', serving: 1, configSchema: null, ...own }];
  }),
);
const WANT_TABLES = ['analysis', 'output', 'processing', 'transformation', 'validation'];

function know(
  stages: object[],
  { dependencies = [], last = {} }: { dependencies?: object[]; last?: Record<string, Json> } = {},
): Known {
  const read = readDocument({ stages, dependencies });
  if (!read.ok) throw new Error(read.reason);
  return { document: read.document, capabilities, samples: new Map(Object.entries(last)) };
}

const fitting = (...args: Parameters<typeof fittingBeside>) => [...fittingBeside(...args)].sort();

describe('what fits after a stage', () => {
  const rows = { type: 'object', properties: { rows: { type: 'array', items: { type: 'object' } } } };

  test('takes what its output schema says', () => {
    const known = know([{ key: 'own', type: 'of-mine', outputSchema: rows }]);
    expect(fitting({ after: 'own' }, known)).toEqual(['analysis', 'data-ingestion', ...WANT_TABLES.slice(1)]);
    const text = know([{ key: 'own', type: 'of-mine', outputSchema: { type: 'string' } }]);
    expect(fitting({ after: 'own' }, text)).toEqual(['data-ingestion']);
    const number = know([
      {
        key: 'own',
        type: 'of-mine',
        outputSchema: { type: 'object', properties: { n: { type: 'number' } } },
      },
    ]);
    expect(fitting({ after: 'own' }, number)).toEqual([]);
  });

  test('takes what stages of its capability give, where it says nothing itself', () => {
    expect(fitting({ after: 'clean' }, know([{ key: 'clean', type: 'transformation' }]))).toEqual(
      expect.arrayContaining(WANT_TABLES),
    );
    expect(fitting({ after: 'e' }, know([{ key: 'e', type: 'echo' }]))).toEqual([]);
  });

  test('takes what it gave in the last run, whatever its schema says', () => {
    const stages = [{ key: 'own', type: 'echo', outputSchema: { type: 'string' } }];
    const known = know(stages, { last: { own: [{ a: 1 }] } });
    expect(fitting({ after: 'own' }, known)).toEqual(expect.arrayContaining(WANT_TABLES));
  });
});

describe('what fits before a stage', () => {
  test('gives what it takes, as long as nothing else is given to it', () => {
    const clean = { key: 'clean', type: 'transformation' };
    const alone = fitting({ before: 'clean' }, know([clean]));
    expect(alone).toEqual(['analysis', 'data-ingestion', 'processing', 'transformation', 'validation']);
    expect(fitting({ before: 'clean' }, know([{ ...clean, input: 'params.rows' }]))).toEqual([]);
    const dependencies = [{ from: 'e', to: 'clean' }];
    expect(fitting({ before: 'clean' }, know([{ key: 'e', type: 'echo' }, clean], { dependencies }))).toEqual(
      [],
    );
  });
});

test('nothing is known beside nothing', () => {
  expect(fitting({}, know([{ key: 'e', type: 'transformation' }]))).toEqual([]);
});

test('a specimen has all that is named, examples first, and ends where a schema goes round', () => {
  expect(
    specimenOf({
      type: 'object',
      properties: { a: { enum: ['x', 'y'] }, b: {}, c: { type: ['null', 'string'] } },
    }),
  ).toEqual({ a: 'x', c: null });
  expect(specimenOf({ type: 'string', examples: ['first'] })).toBe('first');
  expect(specimenOf({ $ref: '#' })).toBeUndefined();
  expect(specimenOf(true)).toBeUndefined();
});
