import { expect, test } from 'vitest';
import { createCursors } from './cursors.ts';

const cursors = createCursors('the key of this installation');
const PLACE = ['2026-11-30T00:00:00Z', '0193'];
const sealed = cursors.seal('runs created desc', PLACE);
const [body = '', seal = ''] = sealed.split('.');
const open = (cursor: string, list = 'runs created desc') => cursors.open(list, cursor);

test('a page goes on where the one before ended', () => {
  expect(open(sealed)).toEqual(PLACE);
});

const elsewhere = Buffer.from(JSON.stringify(['runs created desc', '1970-01-01T00:00:00Z', '0'])).toString(
  'base64url',
);
test.each([
  ['a place that somebody made up', `${elsewhere}.${seal}`],
  ['one without a seal', body],
  ['an empty seal', `${body}.`],
  ['a part of the seal', `${body}.${seal.slice(0, -4)}`],
  ['a seal with more behind it', `${body}.${seal}AAAA`],
  ['the seal of another installation', createCursors('another key').seal('runs created desc', PLACE)],
  ['nothing', ''],
  ['any text', 'give me all'],
])('%s is none of ours', (_, cursor) => {
  expect(() => open(cursor)).toThrow('The cursor is not one of ours.');
});

test.each(['runs created asc', 'runs finished desc', 'pipelines'])(
  'it is of no use to the list %s',
  (list) => {
    expect(() => open(sealed, list)).toThrow('belongs to another list or another order');
  },
);
