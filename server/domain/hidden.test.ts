import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { conceal, covers, HIDDEN, holdsHidden, joinMasks, maskAt, maskUnder, toPath } from './hidden.ts';
import type { Json } from './json.ts';
import { PAYLOAD_NAME } from './payload-ref.ts';

const paths = (...pointers: string[]) => pointers.map(toPath);
const file = { $object: 'a'.repeat(64), bytes: 9, contentType: 'text/plain' };

describe('what is hidden of a value', () => {
  it.each<[string, Json, string[], Json]>([
    ['a field', { card: { no: 1, owner: 'x' } }, ['/card/no'], { card: { no: HIDDEN, owner: 'x' } }],
    [
      'a field of every item',
      { to: [{ name: 'a' }, { name: 'b' }] },
      ['/to/*/name'],
      { to: [{ name: HIDDEN }, { name: HIDDEN }] },
    ],
    ['one item', ['a', 'b'], ['/1'], ['a', HIDDEN]],
    ['every field', { a: 1, b: 2 }, ['/*'], { a: HIDDEN, b: HIDDEN }],
    ['a field with a slash and a tilde', { 'a/b~c': 1 }, ['/a~1b~0c'], { 'a/b~c': HIDDEN }],
    [
      'a field that is a prototype elsewhere',
      JSON.parse('{"__proto__":{"a":1}}'),
      ['/__proto__/a'],
      JSON.parse('{"__proto__":{"a":{"$hidden":"sensitive"}}}'),
    ],
    ['nothing where the field is not there', { other: 1 }, ['/card'], { other: 1 }],
    ['nothing where there is nothing', { card: null }, ['/card', '/card/no'], { card: null }],
    ['both of two that overlap', { card: { no: 1 } }, ['/card/no', '/card'], { card: HIDDEN }],
    ['a text in which it would be written', { card: '{"no":1}' }, ['/card/no'], { card: HIDDEN }],
    ['a whole value that is a text', '{"card":1}', ['/card'], HIDDEN],
    ['a list where one thing was expected', { card: [{ no: 1 }] }, ['/card/no'], { card: HIDDEN }],
    ['a file in which it may stand', { doc: file }, ['/doc/name'], { doc: HIDDEN }],
    ['a large value that stands apart', { ...file, name: PAYLOAD_NAME }, ['/a'], HIDDEN],
  ])('is %s', (_, value, pointers, expected) => {
    expect(JSON.stringify(conceal(value, paths(...pointers)))).toBe(JSON.stringify(expected));
  });

  it('is all of it, but that there is none', () => {
    expect(conceal([1], 'whole')).toEqual(HIDDEN);
    expect(conceal(null, 'whole')).toBe(null);
    expect(conceal([1], null)).toEqual([1]);
  });

  it('leaves the value itself as it was', () => {
    const value = { card: { no: 1 } };
    conceal(value, paths('/card/no'));
    expect(value).toEqual({ card: { no: 1 } });
  });

  it('is found in what is handed in again', () => {
    expect(holdsHidden({ a: [{ b: HIDDEN }] })).toBe(true);
    expect(holdsHidden({ $hidden: 'other', sensitive: true })).toBe(false);
  });
});

describe('masks', () => {
  const segment = fc.constantFrom('a', 'b', '*');
  const mask = fc.option(
    fc.oneof(
      fc.constant('whole' as const),
      fc.array(fc.array(segment, { minLength: 1, maxLength: 3 }), { minLength: 1, maxLength: 3 }),
    ),
    { nil: null },
  );
  const leaf = fc.constantFrom<Json>(1, 'x');
  const value = fc.letrec((tie) => ({
    node: fc.oneof(
      { depthSize: 'small' },
      leaf,
      fc.dictionary(fc.constantFrom('a', 'b'), tie('node')) as fc.Arbitrary<Json>,
    ),
  })).node as fc.Arbitrary<Json>;

  it('hide of a part what they hide of the whole', () => {
    fc.assert(
      fc.property(mask, value, value, (given, a, b) => {
        const whole = conceal({ a, b }, given);
        const part = conceal(a, maskAt(given, ['a']));
        // Where the whole is hidden, so is the part.
        expect(part).toEqual(given === 'whole' ? HIDDEN : (whole as { a: Json }).a);
      }),
    );
  });

  it('hide under a field what they hide without it', () => {
    fc.assert(
      fc.property(mask, value, (given, a) => {
        expect(conceal({ a }, maskUnder(['a'], given))).toEqual({ a: conceal(a, given) });
      }),
    );
  });

  it('hide together what each of them hides, and cover each other only when they do', () => {
    fc.assert(
      fc.property(mask, mask, value, (one, other, given) => {
        const both = joinMasks(one, other);
        expect(covers(both, one) && covers(both, other)).toBe(true);
        const twice = conceal(conceal(given, one), other);
        expect(conceal(given, both)).toEqual(twice);
        if (covers(one, other)) expect(conceal(given, one)).toEqual(twice);
      }),
    );
  });

  it('of very many paths hide all', () => {
    const many = Array.from({ length: 200 }, (_, at) => [`f${at}`]);
    expect(
      joinMasks(
        many,
        many.map(([name]) => [`${name}x`]),
      ),
    ).toBe('whole');
  });
});
