import { expect, test } from 'vitest';
import { DEFAULT_ORG_ID, type OrgId } from '#server/domain/ids.ts';
import type { Connection } from '../tenant/directory.ts';
import { createSessions, type SessionOptions } from './sessions.ts';

const OTHER = 'org_other' as OrgId;

test('what was known of a connection goes with it, and does not come again when a last call of it ends', async () => {
  const sessions = createSessions({
    peers: { onBreaker: () => undefined, shareOf: () => undefined },
    ...{ maxSessions: 10, idleMs: 60_000, probeMs: 60_000, now: Date.now },
    ...{ onTrouble: () => undefined, onResources: () => undefined },
  } as unknown as SessionOptions);
  const places = [
    { id: 'gone', orgId: DEFAULT_ORG_ID },
    { id: 'stays', orgId: DEFAULT_ORG_ID },
    { id: 'of-others', orgId: OTHER },
  ];
  for (const place of places) sessions.standingOf(place);
  expect(sessions.forgetOthers(DEFAULT_ORG_ID, (id) => id === 'stays')).toEqual(['gone']);
  sessions.noteFault({ id: 'gone', orgId: DEFAULT_ORG_ID } as Connection, 'It has gone.');
  expect(places.filter(({ id }) => sessions.knownStanding(id)).map(({ id }) => id)).toEqual([
    ...['stays', 'of-others'],
  ]);
  await sessions.stop();
});
