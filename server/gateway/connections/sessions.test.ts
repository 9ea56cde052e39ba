import { expect, test } from 'vitest';
import { DEFAULT_ORG_ID, type OrgId } from '#server/domain/ids.ts';
import type { Connection } from '../tenant/directory.ts';
import { createSessions, type SessionOptions } from './sessions.ts';

const OTHER = 'org_other' as OrgId;

function startSessions(now: () => number) {
  return createSessions({
    peers: { onBreaker: () => undefined, shareOf: () => undefined },
    ...{ maxSessions: 10, idleMs: 60_000, probeMs: 60_000, now },
    ...{ onTrouble: () => undefined, onResources: () => undefined },
  } as unknown as SessionOptions);
}

test('what was known of a connection goes with it, and does not come again when a last call of it ends', async () => {
  const sessions = startSessions(() => 1000);
  const places = [
    { id: 'gone', orgId: DEFAULT_ORG_ID },
    { id: 'stays', orgId: DEFAULT_ORG_ID },
    { id: 'of-others', orgId: OTHER },
  ];
  for (const place of places) sessions.standingOf(place);
  const look = { orgId: DEFAULT_ORG_ID, at: 1001, isThere: (id: string) => id === 'stays' };
  expect(sessions.forgetOthers(look)).toEqual(['gone']);
  sessions.noteFault({ id: 'gone', orgId: DEFAULT_ORG_ID } as Connection, 'It has gone.');
  expect(places.filter(({ id }) => sessions.knownStanding(id)).map(({ id }) => id)).toEqual([
    ...['stays', 'of-others'],
  ]);
  await sessions.stop();
});

test('one that was connected while somebody looked is not taken for gone', async () => {
  const clock = { now: 1000 };
  const sessions = startSessions(() => clock.now);
  sessions.standingOf({ id: 'gone', orgId: DEFAULT_ORG_ID });
  clock.now = 1001;
  // What a slow look at the tables found; meanwhile one was added and asked.
  const look = { orgId: DEFAULT_ORG_ID, at: clock.now, isThere: () => false };
  clock.now = 1002;
  sessions.standingOf({ id: 'new', orgId: DEFAULT_ORG_ID });
  expect(sessions.forgetOthers(look)).toEqual(['gone']);
  expect(sessions.knownStanding('new')).toBeDefined();
  await sessions.stop();
});
