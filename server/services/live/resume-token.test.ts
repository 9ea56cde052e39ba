import { expect, test } from 'vitest';
import { readResumeToken, toResumeToken } from './resume-token.ts';

test.each(['7:7:', '7:12:8,9,11', '1:9223372036854775807:'])(
  'the moment %s comes back as it was',
  (snapshot) => {
    const since = { snapshot, atMs: 1_700_000_000_000 };
    expect(readResumeToken(toResumeToken({ since }))).toEqual({ since });
    const within = {
      until: { snapshot: '13:14:', atMs: 1_700_000_000_001 },
      place: { xid: '13', run: '0190000000007000800000000000000f' },
    };
    expect(readResumeToken(toResumeToken({ since, within }))).toEqual({ since, within });
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
  const [bad, good] = [
    { snapshot, atMs: 1 },
    { snapshot: '7:7:', atMs: 1 },
  ];
  const place = { xid: '7', run: '0'.repeat(32) };
  for (const point of [
    { since: bad },
    { since: bad, within: { until: good, place } },
    { since: good, within: { until: bad, place } },
  ])
    expect(() => readResumeToken(toResumeToken(point))).toThrow('cannot be read');
});

test.each([
  { xid: '9223372036854775808', run: '0'.repeat(32) },
  { xid: '-1', run: '0'.repeat(32) },
  { xid: '7', run: '0' },
  { xid: '7', run: `${'0'.repeat(31)}'` },
])('nothing is resumed at the place $xid $run', (place) => {
  const moment = { snapshot: '7:7:', atMs: 1 };
  const token = toResumeToken({ since: moment, within: { until: moment, place } });
  expect(() => readResumeToken(token)).toThrow('cannot be read');
});

test.each(['', 'x', 'eyJhIjoxfQ', '💥'.repeat(100)])('%s is no resume point', (token) => {
  expect(() => readResumeToken(token)).toThrow('cannot be read');
});
