import { describe, expect, test } from 'vitest';
import { createAuthenticator, type Oddities } from '#server/testing/authenticator.ts';
import { challengeOf, checkPasskey, placeAt, readNewPasskey } from './passkey-proof.ts';

const place = placeAt('https://signalbox.example.org');
const challenge = 'b25lIHRoYXQgd2FzIGdpdmVuIG91dA';
const creation = { rp: { id: place.host }, user: { id: 'AAEC' }, challenge };
const request = { rpId: place.host, challenge };

const create = (odd: Oddities = {}) =>
  readNewPasskey(createAuthenticator(place).create(creation, odd), { challenge, place });

async function use(odd: Oddities = {}): Promise<number | undefined> {
  const authenticator = createAuthenticator(place);
  const made = await readNewPasskey(authenticator.create(creation), { challenge, place });
  if (!made) throw new Error('the passkey was not made');
  return checkPasskey(authenticator.get(request, odd), { challenge, place, publicKey: made.publicKey });
}

const LIES: [string, Oddities][] = [
  ['for another page', { origin: 'https://signalbox.example.org.evil.example' }],
  ['for the same name without https', { origin: 'http://signalbox.example.org' }],
  ['for another port', { origin: 'https://signalbox.example.org:8443' }],
  ['for another name', { host: 'example.org' }],
  ['for another challenge', { challenge: 'YW5vdGhlcg' }],
  ['without asking who somebody is', { isVerified: false }],
  ['without anybody there', { isPresent: false }],
];

describe('a new passkey', () => {
  test('is taken with its key and its id', async () => {
    const authenticator = createAuthenticator(place);
    const made = await readNewPasskey(authenticator.create(creation), { challenge, place });
    expect(made).toEqual({
      ...{ credentialId: authenticator.credentialId, counter: 0, transports: ['internal'] },
      publicKey: expect.stringMatching(/^[A-Za-z0-9_-]{80,}$/),
    });
  });

  test.each([
    ...LIES,
    ['by a signature of one that is there already', { type: 'webauthn.get' }],
    ['under another id than it was made with', { credentialId: 'q83vASNFZ4k' }],
  ] as [string, Oddities][])('is not, when it was made %s', async (_, odd) => {
    expect(await create(odd)).toBeUndefined();
  });

  test('is not, when what the browser sends is none at all', async () => {
    const credential = createAuthenticator(place).create(creation);
    const broken = { ...credential, response: { ...credential.response, attestationObject: 'oWNmbXQ' } };
    expect(await readNewPasskey(broken, { challenge, place })).toBeUndefined();
  });
});

describe('a signature', () => {
  test('proves that somebody has the passkey, and brings its counter', async () => {
    expect(await use()).toBe(1);
    expect(await use({ counter: 77 })).toBe(77);
    expect(await use({ counter: 0 })).toBe(0);
  });

  test.each([
    ...LIES,
    ['when a new one was made', { type: 'webauthn.create' }],
    ['by another passkey', { signedBy: createAuthenticator(place) }],
  ] as [string, Oddities][])('proves nothing that was made %s', async (_, odd) => {
    expect(await use(odd)).toBeUndefined();
  });
});

test('what was signed for within the page of another site is nothing of ours', () => {
  const authenticator = createAuthenticator(place);
  expect(challengeOf(authenticator.get(request))).toBe(challenge);
  expect(challengeOf(authenticator.get(request, { crossOrigin: true }))).toBeUndefined();
});

test.each(['bm8ganNvbg', 'bnVsbA', 'eyJjaGFsbGVuZ2UiOjF9'])('%s says nothing of a challenge', (text) => {
  const credential = createAuthenticator(place).get(request);
  const response = { ...credential.response, clientDataJSON: text };
  expect(challengeOf({ ...credential, response })).toBeUndefined();
});
