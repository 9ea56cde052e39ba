import { expect, test } from 'vitest';
import { z } from 'zod';
import { misfitsOf } from './misfit-words.ts';

const schema = z.strictObject({
  name: z.string().min(1).max(5),
  count: z.int().min(1).max(9),
  share: z.number().gt(0),
  kind: z.enum(['cat', 'dog']).optional(),
  mail: z.email().optional(),
  list: z.array(z.strictObject({ on: z.boolean() })).min(2),
  step: z
    .discriminatedUnion('op', [z.object({ op: z.literal('cut') }), z.object({ op: z.literal('sort') })])
    .optional(),
  own: z.string().regex(/^a/, 'must begin with a').optional(),
});

const FITS = { name: 'a', count: 1, share: 0.5, list: [{ on: true }, { on: false }] };

function misfits(changes: object): string[] {
  const parsed = schema.safeParse({ ...FITS, ...changes });
  return misfitsOf(parsed.error?.issues ?? []).map(({ path, message }) => `${path.join('.')} ${message}`);
}

test.each<[object, string[]]>([
  [{}, []],
  [{ name: undefined }, ['name is missing']],
  [{ name: 7 }, ['name must be a text, not a number']],
  [{ name: null }, ['name must be a text, not null']],
  [{ name: '' }, ['name must not be empty']],
  [{ name: 'abcdef' }, ['name must have 5 characters at most']],
  [{ count: 1.5 }, ['count must be an integer']],
  [{ count: 0 }, ['count must be 1 at least']],
  [{ count: 10 }, ['count must be 9 at most']],
  [{ share: 0 }, ['share must be more than 0']],
  [{ share: Number.NaN }, ['share must be a number, not no number']],
  [{ kind: 'cow' }, ['kind must be one of "cat", "dog"']],
  [{ mail: 'nobody' }, ['mail must be an e-mail address']],
  [{ list: [] }, ['list must have 2 items at least']],
  [{ list: {} }, ['list must be a list, not an object']],
  [
    { list: [{ on: 1 }, { on: true, off: 1 }] },
    ['list.0.on must be true or false, not a number', 'list.1.off is no field that is known here'],
  ],
  [
    { nme: 1, __proto_: 2 },
    ['nme is no field that is known here', '__proto_ is no field that is known here'],
  ],
  [{ step: { op: 'burn' } }, ['step.op must be one of "cut", "sort"']],
  [{ own: 'b' }, ['own must begin with a']],
])('%j', (changes, expected) => {
  expect(misfits(changes)).toEqual(expected);
});
