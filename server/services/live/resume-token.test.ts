import { expect, test } from 'vitest';
import { readResumeToken, toResumeToken } from './resume-token.ts';

test.each(['7:7:', '7:12:8,9,11', '1:9223372036854775807:'])(
  'the moment %s comes back as it was',
  (snapshot) => {
    const moment = { snapshot, atMs: 1_700_000_000_000 };
    expect(readResumeToken(toResumeToken(moment))).toEqual(moment);
  },
);

/** Each of these Postgres would refuse with an error of its own. */
test.each([
  '9:3:',
  '0:3:',
  '7:12:12',
  '7:12:6',
  '7:12:9,8',
  '7:12:8,8',
  '7:12:,',
  '7:9223372036854775808:',
  "7:12:' OR 1=1",
  '',
])('%s is no moment', (snapshot) => {
  expect(() => readResumeToken(toResumeToken({ snapshot, atMs: 1 }))).toThrow('cannot be read');
});

test.each(['', 'x', 'eyJhIjoxfQ', '💥'.repeat(100)])('%s is no resume point', (token) => {
  expect(() => readResumeToken(token)).toThrow('cannot be read');
});
