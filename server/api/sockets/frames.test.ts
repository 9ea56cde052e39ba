import { PassThrough } from 'node:stream';
import { expect, test } from 'vitest';
import { textFrame } from './frames.ts';
import { createRate } from './rate.ts';

// The lengths at which the form of the header changes (RFC 6455, 5.2).
test.each([
  [0, [0x81, 0]],
  [125, [0x81, 125]],
  [126, [0x81, 126, 0, 126]],
  [65_535, [0x81, 126, 0xff, 0xff]],
  [65_536, [0x81, 127, 0, 0, 0, 0, 0, 1, 0, 0]],
])('a text of %i bytes has the header that the protocol asks for', (length, head) => {
  const frame = textFrame('x'.repeat(length));
  expect([...frame.subarray(0, head.length)]).toEqual(head);
  expect(frame.subarray(head.length).toString()).toBe('x'.repeat(length));
});

test('lengths are counted in bytes, not in letters', () => {
  expect([...textFrame('ü€').subarray(0, 2)]).toEqual([0x81, 5]);
});

test('frames written one after the other stay apart', () => {
  const wire = new PassThrough();
  wire.write(Buffer.concat([textFrame('a'), textFrame('b')]));
  expect([...(wire.read() as Buffer)]).toEqual([0x81, 1, 97, 0x81, 1, 98]);
});

test('what comes at once is limited, and there is room again after a while', () => {
  let now = 0;
  const isWithin = createRate({ perSecond: 10, burst: 3, now: () => now });
  expect([1, 2, 3, 4].map(isWithin)).toEqual([true, true, true, false]);
  now = 100;
  expect([isWithin(), isWithin()]).toEqual([true, false]);
  now = 60_000;
  expect([1, 2, 3, 4].map(isWithin)).toEqual([true, true, true, false]);
});
