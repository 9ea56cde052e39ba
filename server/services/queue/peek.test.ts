import { expect, test } from 'vitest';
import { peekInto } from './peek.ts';

const peek = (value: unknown) =>
  peekInto(Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)));

test('what is named like a secret is hidden, however deep it lies', () => {
  const { text, isCut } = peek({
    note: 'plain',
    apiKey: 'k-1',
    tasks: [{ config: { Authorization: 'Basic x', password: { old: 'a' } }, tokens: null }],
  });
  expect(JSON.parse(text)).toEqual({
    note: 'plain',
    apiKey: '[hidden]',
    tasks: [{ config: { Authorization: '[hidden]', password: '[hidden]' }, tokens: null }],
  });
  expect(isCut).toBe(false);
});

test('a text that is no JSON is shown as it is, without credentials that stand in it', () => {
  expect(peek('{ "half').text).toBe('{ "half');
  expect(peek('amqp://me:pw@host/ said Bearer abc.def').text).toBe(
    'amqp://[hidden]@host/ said Bearer [hidden]',
  );
});

test('what is large is cut, and what is huge is not parsed', () => {
  const long = peek({ text: 'x'.repeat(100_000) });
  expect(long.isCut).toBe(true);
  expect(long.text.length).toBeLessThanOrEqual(16_000);
  const huge = peekInto(Buffer.alloc(5_000_000, '{'));
  expect(huge.isCut).toBe(true);
  expect(huge.text.length).toBeLessThanOrEqual(16_000);
});
