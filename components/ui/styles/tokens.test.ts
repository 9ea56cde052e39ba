import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';

const css = readFileSync(join(import.meta.dirname, 'tokens.css'), 'utf8');

/** `--name: light-dark(#light, #dark)`. Colours with alpha stand over others and are left out. */
const COLOURS = new Map(
  [...css.matchAll(/--([\w-]+): light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\)/g)].map(
    ([, name = '', light = '', dark = '']) => [name, { light, dark }] as const,
  ),
);
const SURFACES = ['page', 'card', 'raised', 'sunken', 'hover'];
const TONES = ['busy', 'good', 'bad', 'warn', 'hold', 'idle'];

function luminance(hex: string): number {
  const [r = 0, g = 0, b = 0] = [1, 3, 5].map((at) => {
    const share = Number.parseInt(hex.slice(at, at + 2), 16) / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

function contrast(left: string, right: string): number {
  const [high = 0, low = 0] = [luminance(left), luminance(right)].toSorted((a, b) => b - a);
  return (high + 0.05) / (low + 0.05);
}

function colour(name: string, theme: 'light' | 'dark'): string {
  const found = COLOURS.get(name);
  if (!found) throw new Error(`tokens.css has no colour --${name}`);
  return found[theme];
}

describe.each(['light', 'dark'] as const)('in %s', (theme) => {
  const ratio = (front: string, back: string) => contrast(colour(front, theme), colour(back, theme));

  test.each(SURFACES)('words can be read on %s', (surface) => {
    for (const words of ['text', 'quiet', 'faint', 'accent', 'danger', ...TONES]) {
      expect(ratio(words, surface), `${words} on ${surface}`).toBeGreaterThanOrEqual(4.5);
    }
  });

  test.each(TONES)('the word of %s can be read on its own ground', (tone) => {
    expect(ratio(tone, `${tone}-soft`)).toBeGreaterThanOrEqual(4.5);
  });

  test.each(TONES)('bars and dots of %s stand out from what they are drawn on', (tone) => {
    for (const surface of ['page', 'card']) {
      expect(ratio(`${tone}-fill`, surface), `on ${surface}`).toBeGreaterThanOrEqual(3);
    }
  });

  test('buttons can be read, and controls can be seen', () => {
    for (const look of ['accent', 'ink', 'danger']) {
      expect(ratio(`on-${look}`, look), look).toBeGreaterThanOrEqual(4.5);
    }
    expect(ratio('text', 'accent-soft')).toBeGreaterThanOrEqual(4.5);
    expect(ratio('accent', 'accent-soft')).toBeGreaterThanOrEqual(4.5);
    for (const surface of ['page', 'card', 'raised']) {
      expect(ratio('control', surface), `control on ${surface}`).toBeGreaterThanOrEqual(3);
    }
  });
});

test('every colour that Tailwind may use is a token, and every token is used by a class', () => {
  const mapped = new Set([...css.matchAll(/--color-([\w-]+): var\(--([\w-]+)\)/g)].map(([, name]) => name));
  expect([...COLOURS.keys()].filter((name) => !mapped.has(name))).toEqual([]);
});
