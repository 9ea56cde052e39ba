import { expect, test } from 'vitest';
import { SignalboxError } from '#server/domain/errors.ts';
import { obstacleToPrograms, programUserOf } from './user.ts';

const ROOT = 0;
const ADA = 1000;

test.each([
  ['unset, as somebody', undefined, ADA, { kind: 'own' }],
  ['unset, as root', undefined, ROOT, { kind: 'nobody' }],
  ['unset, where there are no numbers', undefined, undefined, { kind: 'own' }],
  ['root, as root', 'root', ROOT, { kind: 'own' }],
  ['numbers, as root', '2000:3000', ROOT, { kind: 'lent', uid: 2000, gid: 3000 }],
  ['oneself', '1000:1000', ADA, { kind: 'own' }],
  ['a range, as root', '700000-709999', ROOT, { kind: 'each', from: 700_000, to: 709_999 }],
])('programs run as: %s', (_, setting, ownUid, expected) => {
  // What is left out would be this process.
  expect(programUserOf(setting, ownUid ?? null)).toEqual(expected);
});

test.each([
  ['root, for somebody else', 'root', ADA, 'Only root can'],
  ['another, for somebody else', '2000:2000', ADA, 'Only root can'],
  ['a range, for somebody else', '700000-709999', ADA, 'Only root can'],
  ['a range with root in it', '0-1000', ROOT, 'from 1000 to'],
  ['a range that goes down', '709999-700000', ROOT, 'upwards'],
  ['a range beyond all numbers', '700000-9999999999', ROOT, 'at most'],
  ['a range with somebody in it', '65000-65600', ROOT, 'belongs to nobody'],
  ['one that is not there', 'nobody-of-that-name', ROOT, 'knows no such user'],
])('programs cannot run as: %s', (_, setting, ownUid, why) => {
  expect(() => programUserOf(setting, ownUid)).toThrow(why);
});

test('as root nothing is started until somebody has said as whom', () => {
  const obstacle = obstacleToPrograms({ kind: 'nobody' });
  expect(obstacle).toBeInstanceOf(SignalboxError);
  expect(obstacle?.advice).toContain('SIGNALBOX_MCP_PROGRAM_USER');
  expect(obstacleToPrograms({ kind: 'own' })).toBeNull();
  expect(obstacleToPrograms({ kind: 'lent', uid: 1, gid: 1 })).toBeNull();
});
