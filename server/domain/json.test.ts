import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { getOwn, type JsonObject, measureJson, parseJsonBounded, setOwn } from './json.ts';

const LIMITS = { maxBytes: 1_000_000, maxDepth: 64 };

function nest(depth: number): unknown {
  let value: unknown = 1;
  for (let i = 0; i < depth; i++) value = [value];
  return value;
}

describe('measureJson', () => {
  it('counts the very bytes that JSON.stringify writes', () => {
    fc.assert(
      fc.property(fc.jsonValue({ noUnicodeString: false, maxDepth: 5 }), (value) => {
        const bytes = new TextEncoder().encode(JSON.stringify(value)).length;
        expect(measureJson(value, LIMITS)).toMatchObject({ ok: true, bytes });
      }),
    );
  });

  it('counts escapes and lone surrogates as they are written', () => {
    const text = '"\\\b\t\n\v\f\r\u0000\u007f\u00e9\u20ac\ud83d\ude00\ud83d \udc00';
    const bytes = new TextEncoder().encode(JSON.stringify(text)).length;
    expect(measureJson(text, LIMITS)).toMatchObject({ ok: true, bytes });
  });

  it('reports the depth of containers', () => {
    expect(measureJson({ a: [1, { b: [] }] }, LIMITS)).toMatchObject({ ok: true, depth: 4 });
    expect(measureJson(1, LIMITS)).toMatchObject({ ok: true, depth: 0 });
  });

  it('measures a value 200,000 levels deep without overflowing the stack', () => {
    const limits = { maxBytes: 1e9, maxDepth: 1e9 };
    expect(measureJson(nest(200_000), limits)).toEqual({ ok: true, bytes: 400_001, depth: 200_000 });
    expect(measureJson(nest(200_000), LIMITS)).toMatchObject({ ok: false, problem: { code: 'too-deep' } });
  });

  it('stops at the size limit, also inside a value that refers to itself', () => {
    const loop: unknown[] = [];
    loop.push(loop, loop);
    expect(measureJson('x'.repeat(2_000_000), LIMITS)).toMatchObject({ problem: { code: 'too-large' } });
    expect(measureJson(loop, LIMITS).ok).toBe(false);
  });

  it.each([[undefined], [Number.NaN], [1n], [() => 1], [new Date(0)], [[undefined]], [new Map()]])(
    'refuses %s, which JSON cannot hold',
    (value) => {
      expect(measureJson(value, LIMITS)).toMatchObject({ ok: false, problem: { code: 'not-json' } });
    },
  );
});

describe('parseJsonBounded', () => {
  it('reads what JSON.parse reads', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const text = JSON.stringify(value);
        expect(parseJsonBounded(text, LIMITS)).toEqual({ ok: true, value: JSON.parse(text) });
      }),
    );
  });

  it('refuses a text 200,000 levels deep before it is parsed', () => {
    const text = '['.repeat(200_000) + ']'.repeat(200_000);
    expect(parseJsonBounded(text, LIMITS)).toMatchObject({ problem: { code: 'too-deep' } });
  });

  it('does not take brackets in strings for depth', () => {
    const text = JSON.stringify({ text: `"${'[{'.repeat(200)}\\` });
    expect(parseJsonBounded(text, LIMITS).ok).toBe(true);
  });

  it('counts bytes, not characters', () => {
    expect(parseJsonBounded('"\u20ac\u20ac"', { maxBytes: 7, maxDepth: 1 }).ok).toBe(false);
    expect(parseJsonBounded('"\u20ac\u20ac"', { maxBytes: 8, maxDepth: 1 }).ok).toBe(true);
  });

  it('says why a text is no JSON', () => {
    expect(parseJsonBounded('{"a":', LIMITS)).toMatchObject({ problem: { code: 'not-json' } });
  });
});

describe('own properties', () => {
  it('keeps __proto__ as a plain key', () => {
    const target: JsonObject = {};
    setOwn(target, '__proto__', { polluted: true });
    expect(JSON.stringify(target)).toBe('{"__proto__":{"polluted":true}}');
    expect(getOwn(target, '__proto__')).toEqual({ polluted: true });
    expect('polluted' in target).toBe(false);
  });

  it('reads nothing from the prototype', () => {
    expect(getOwn({}, 'constructor')).toBeUndefined();
  });
});
