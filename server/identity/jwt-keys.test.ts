import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, type JWK, SignJWT } from 'jose';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { createSafeFetch } from '#server/platform/safe-fetch.ts';
import { issuerSchema } from './issuers.ts';
import { createJwtVerifier } from './jwt.ts';

const NOW = Date.parse('2026-11-28T12:00:00Z');
const SECRET = 'a shared secret of thirty-two or more';
const ISSUER = 'https://rsa.example';
const SHARED = 'https://flask.example';
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
const otherRsa = generateKeyPairSync('rsa', { modulusLength: 2048 });

let server: Server;
let first: JWK[];
let answering: (response: ServerResponse) => void;
let hits = 0;
const troubles: string[] = [];
const fetch = createSafeFetch({ allow: ['127.0.0.0/8'] });

beforeAll(async () => {
  first = [{ ...(await exportJWK(rsa.publicKey)), kid: 'rsa-1', alg: 'RS256', use: 'sig' }];
  server = createServer((_request, response) => {
    hits += 1;
    answering(response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterAll(() => {
  fetch.close();
  server.closeAllConnections();
  server.close();
});
beforeEach(() => publish(first));
afterEach(() => {
  vi.useRealTimers();
});

function publish(published: JWK[]): void {
  answering = (response) =>
    void response.setHeader('content-type', 'application/json').end(JSON.stringify({ keys: published }));
}

function verifier() {
  const jwksUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/keys`;
  const base = { audience: 'signalbox', roles: { staff: 'operator' } };
  const issuers = [
    { ...base, issuer: ISSUER, algorithm: 'RS256', jwksUrl },
    { ...base, issuer: SHARED, algorithm: 'HS256', secret: SECRET },
  ].map((issuer) => issuerSchema.parse(issuer));
  const onTrouble = (message: string) => troubles.push(message);
  return createJwtVerifier({ issuers, fetch, now: () => NOW, onTrouble });
}

function signed(key: KeyObject | Uint8Array, header: { alg: string; kid?: string }, iss: string) {
  const claims = {
    iss,
    aud: 'signalbox',
    sub: 'user-7',
    role: 'staff',
    iat: NOW / 1000,
    exp: NOW / 1000 + 600,
  };
  return new SignJWT(claims).setProtectedHeader({ ...header, typ: 'at+jwt' }).sign(key);
}
const byRsa = () => signed(rsa.privateKey, { alg: 'RS256', kid: 'rsa-1' }, ISSUER);
const byNew = (kid: string) => signed(otherRsa.privateKey, { alg: 'RS256', kid }, ISSUER);
const byShared = () => signed(new TextEncoder().encode(SECRET), { alg: 'HS256' }, SHARED);
const publicOf = async (kid: string) => ({
  ...(await exportJWK(otherRsa.publicKey)),
  ...{ kid, alg: 'RS256', use: 'sig' },
});

describe('an issuer’s keys', () => {
  test('may change: a new one counts once it is published, and an old one no more once it is gone', async () => {
    vi.useFakeTimers({ toFake: ['Date'] });
    const one = verifier();
    const [old, fresh] = [await byRsa(), await byNew('rsa-2')];
    expect(await one.verify(old)).toMatchObject({ role: 'operator' });
    expect(await one.verify(fresh)).toBeUndefined();
    publish([...first, await publicOf('rsa-2')]);
    const before = hits;
    // Whoever makes up names for keys does not have them fetched for each.
    expect(await one.verify(fresh)).toBeUndefined();
    expect(hits).toBe(before);
    vi.setSystemTime(Date.now() + 31_000);
    expect(await one.verify(fresh)).toMatchObject({ role: 'operator' });
    expect(await one.verify(old)).toMatchObject({ role: 'operator' });
    expect(hits).toBe(before + 1);
    publish([await publicOf('rsa-2')]);
    vi.setSystemTime(Date.now() + 601_000);
    expect(await one.verify(fresh)).toMatchObject({ role: 'operator' });
    expect(await one.verify(old)).toBeUndefined();
  });

  test('that are known go on to count while it is down, until they are too old', async () => {
    vi.useFakeTimers({ toFake: ['Date'] });
    const one = verifier();
    const token = await byRsa();
    expect(await one.verify(token)).toMatchObject({ role: 'operator' });
    answering = (response) => void response.destroy();
    const before = troubles.length;
    vi.setSystemTime(Date.now() + 500_000);
    expect(await one.verify(token)).toMatchObject({ role: 'operator' });
    expect(troubles.length).toBe(before);
    vi.setSystemTime(Date.now() + 200_000);
    expect(await one.verify(token)).toBeUndefined();
    expect(troubles.length).toBeGreaterThan(before);
  });

  test('may be a thousand', async () => {
    const many = await Promise.all(Array.from({ length: 999 }, (_, at) => publicOf(`other-${at}`)));
    publish([...many, ...first]);
    const one = verifier();
    expect(await one.verify(await byRsa())).toMatchObject({ role: 'operator' });
    expect(await one.verify(await byNew('other-500'))).toMatchObject({ role: 'operator' });
    expect(await one.verify(await byNew('rsa-1'))).toBeUndefined();
  });

  test('of one name that are two let nobody in', async () => {
    publish([...first, await publicOf('rsa-1')]);
    expect(await verifier().verify(await byRsa())).toBeUndefined();
  });

  test.each<[string, (response: ServerResponse) => void]>([
    ['what is no JSON', (response) => void response.end('<html>')],
    ['no set of keys', (response) => void response.end('{"keys":7}')],
    ['a way to another place', (response) => void response.writeHead(302, { location: '/keys' }).end()],
    ['a line that is cut', (response) => void response.destroy()],
    ['100 MB', sendWithoutEnd],
  ])('that are %s let nobody in, and whoever runs this hears of it', async (_, answer) => {
    answering = answer;
    const [before, seen] = [troubles.length, hits];
    const one = verifier();
    expect(await one.verify(await byRsa())).toBeUndefined();
    expect([troubles.length, hits]).toEqual([before + 1, seen + 1]);
    // Those who have a secret of ours in common with us need no keys.
    expect(await one.verify(await byShared())).toMatchObject({ role: 'operator' });
  });

  test('that are taken from 100 MB are not read to the end', async () => {
    let written = 0;
    answering = (response) => {
      sendWithoutEnd(response, (bytes) => {
        written += bytes;
      });
    };
    expect(await verifier().verify(await byRsa())).toBeUndefined();
    expect(written).toBeLessThan(50_000_000);
  });
});

/** For as long as anybody reads it, up to 100 MB. */
function sendWithoutEnd(response: ServerResponse, count: (bytes: number) => void = () => undefined): void {
  const piece = 'x'.repeat(65_536);
  let left = 1600;
  const send = (): void => {
    while (left-- > 0) {
      count(piece.length);
      if (!response.write(piece)) return;
    }
    response.end();
  };
  response.on('drain', send).on('error', () => undefined);
  send();
}
