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
])('programs run as: %s', (_, setting, ownUid, expected) => {
  // What is left out would be this process.
  expect(programUserOf(setting, ownUid ?? null)).toEqual(expected);
});

test.each([
  ['root, for somebody else', 'root', ADA, 'Only root can'],
  ['another, for somebody else', '2000:2000', ADA, 'Only root can'],
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
