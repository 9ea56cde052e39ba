import { expect, test } from 'vitest';
import { type Actor, LOCAL_OWNER, NOBODY } from '#server/identity/actor.ts';
import type { Credentials } from '#server/identity/identity.ts';
import { createPlaces } from '#server/identity/limits/places.ts';
import { createRates } from '#server/identity/limits/rates.ts';
import { createMemoryHotState } from '#server/redis/memory.ts';
import { createAdmission } from './admission.ts';
import { ENDS } from './ends.ts';

const PERSON: Actor = { ...LOCAL_OWNER, kind: 'person', id: 'ada' };
const from = (address: string, bearer: string): Credentials => ({
  ...{ bearer, session: undefined },
  from: { ...NOBODY.from, address },
});

function openHouse({ perAddress = 100, perActor = 100, perMinute = 3 } = {}) {
  let time = 1_000_000;
  let lookedUp = 0;
  const hot = createMemoryHotState({ now: () => time });
  const rates = createRates({
    ...{ hot, local: hot, isLocalOnly: false, now: () => time, onLimited: () => undefined },
    perMinute: { reads: 1, writes: 1, agents: 1, 'sign-ins': perMinute },
  });
  const places = createPlaces(perActor);
  const admission = createAdmission({
    async authenticate({ bearer }) {
      lookedUp += 1;
      return bearer === 'good' ? { actor: PERSON, askAgainAt: null } : null;
    },
    limits: { max: 1000, perAddress },
    services: () => ({ places, rates }),
    now: () => time,
  });
  return {
    ...{ admission, places },
    lookedUp: () => lookedUp,
    pass(ms: number) {
      time += ms;
    },
    async try(address: string, bearer: string) {
      return admission.open(address)?.signIn(from(address, bearer), () => undefined);
    },
  };
}

test('whoever has shown too many tokens that do not count is refused before another is looked up, for a while', async () => {
  const house = openHouse({ perMinute: 3 });
  for (const token of ['a', 'b', 'c']) expect(await house.try('192.0.2.1', token)).toBe(ENDS.unauthenticated);
  expect(await house.try('192.0.2.1', 'good')).toBe(ENDS.tooManyTries);
  expect(house.lookedUp()).toBe(3);
  // Those who are elsewhere have nothing to do with it.
  expect(await house.try('192.0.2.2', 'good')).toBe(PERSON);
  house.pass(60_000);
  expect(await house.try('192.0.2.1', 'good')).toBe(PERSON);
});

test('tokens that count are not counted, however many come at once', async () => {
  const house = openHouse({ perMinute: 3 });
  const all = await Promise.all(Array.from({ length: 20 }, () => house.try('192.0.2.1', 'good')));
  expect(all.every((each) => each === PERSON)).toBe(true);
});

test('all addresses of one network of IPv6 count as one', async () => {
  const house = openHouse({ perMinute: 2 });
  await house.try('2001:db8::1', 'a');
  await house.try('2001:db8::2', 'b');
  expect(await house.try('2001:db8::3', 'c')).toBe(ENDS.tooManyTries);
});

test('from one address only so many may be there of whom it is not known who they are', async () => {
  const { admission } = openHouse({ perAddress: 2 });
  const [first, second] = [admission.open('192.0.2.1'), admission.open('192.0.2.1')];
  expect(admission.open('192.0.2.1')).toBeNull();
  expect(admission.open('192.0.2.2')).not.toBeNull();
  // Whoever has signed in waits no more, and whoever has gone neither.
  expect(await first?.signIn(from('192.0.2.1', 'good'), () => undefined)).toBe(PERSON);
  const third = admission.open('192.0.2.1');
  expect(third).not.toBeNull();
  expect(admission.open('192.0.2.1')).toBeNull();
  second?.leave();
  second?.leave();
  expect(admission.open('192.0.2.1')).not.toBeNull();
  expect(admission.open('192.0.2.1')).toBeNull();
});

test('a place that another door has taken is none for a connection', async () => {
  const house = openHouse({ perActor: 1 });
  const giveBack = house.places.take(PERSON);
  expect(await house.try('192.0.2.1', 'good')).toBe(ENDS.tooMany);
  giveBack?.();
  giveBack?.();
  const guest = house.admission.open('192.0.2.1');
  expect(await guest?.signIn(from('192.0.2.1', 'good'), () => undefined)).toBe(PERSON);
  expect(house.places.take(PERSON)).toBeNull();
  guest?.leave();
  expect(house.places.take(PERSON)).not.toBeNull();
});
