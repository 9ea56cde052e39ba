import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { findFreePort } from '#server/testing/free-port.ts';
import { type PrivateRedis, startPrivateRedis, startPrivateSentinel } from '#server/testing/private-redis.ts';
import { describeHotStateContract, eventually } from './contract.ts';
import { KEY, LOCK } from './keys.ts';
import { createRedisHotState } from './redis.ts';

/** Sentinels take their time. */
const PATIENCE = { timeout: 150_000, interval: 50 };

describe('Redis Cluster', () => {
  let node: PrivateRedis;
  beforeAll(async () => {
    node = await startPrivateRedis(['--cluster-enabled', 'yes', '--cluster-announce-ip', '127.0.0.1']);
    const raw = new Redis(node.url);
    await raw.call('CLUSTER', 'ADDSLOTSRANGE', '0', '16383');
    await eventually(async () => expect(await raw.cluster('INFO')).toContain('cluster_state:ok'));
    await raw.quit();
  });
  afterAll(() => node.close());

  describeHotStateContract('Redis Cluster of one node', async () => {
    const state = createRedisHotState({ url: `redis+cluster://127.0.0.1:${node.port}` });
    await state.start();
    const run = randomUUID();
    return { state, unique: (name) => `${name}-${run}`, pass: sleep, close: () => state.stop() };
  });
});

describe('Redis Sentinel', () => {
  let master: PrivateRedis;
  let replica: PrivateRedis;
  let sentinel: PrivateRedis;
  beforeAll(async () => {
    master = await startPrivateRedis();
    replica = await startPrivateRedis(['--replicaof', '127.0.0.1', String(master.port)]);
    sentinel = await startPrivateSentinel(master.port);
    const raw = new Redis(sentinel.url);
    // Looks around every second, and is not thrown by a machine that lets it stand still; older ones take longer.
    await raw
      .call('SENTINEL', 'DEBUG', 'info-period', '1000', 'tilt-trigger', '60000')
      .catch(() => undefined);
    await vi.waitFor(
      async () => expect(await raw.call('SENTINEL', 'REPLICAS', 'main')).toHaveLength(1),
      PATIENCE,
    );
    raw.disconnect();
  });
  afterAll(async () => {
    await Promise.all([master.close(), replica.close(), sentinel.close()]);
  });

  /** What the master has been told so far is with its replica too, all of it: what comes last is. */
  async function copied(): Promise<void> {
    const raw = new Redis(master.url);
    await raw.set('last', 'so far');
    await eventually(async () => expect(await raw.wait(1, 1000)).toBe(1));
    await raw.quit();
  }

  it('follows the master when another takes over', async () => {
    const state = createRedisHotState({ url: `redis+sentinel://127.0.0.1:${sentinel.port}/main` });
    await state.start();
    await state.set(KEY.workspaceContent('org', 'x'), 'before');
    const before = await state.acquireLock(LOCK.agentHealth, 'me', 60_000);
    await copied();
    await master.kill();
    await vi.waitFor(() => state.set(KEY.workspaceContent('org', 'x'), 'after'), PATIENCE);
    expect(await state.get(KEY.workspaceContent('org', 'x'))).toBe('after');
    await eventually(() => expect(state.state()).toMatchObject({ connected: true, subscribed: true }));
    expect(before && (await state.releaseLock(before))).toBe(true);
    const after = await state.acquireLock(LOCK.agentHealth, 'you', 60_000);
    expect(after?.token).toBeGreaterThan(before?.token ?? Number.POSITIVE_INFINITY);
    await state.stop();
  });
});

describe('Redis over TLS', () => {
  let folder: string;
  let server: PrivateRedis;
  let tlsPort: number;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'signalbox-tls-'));
    const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
    const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1'];
    const output = ['-keyout', key, '-out', cert, '-days', '1', '-nodes'];
    await promisify(execFile)('openssl', ['req', '-x509', '-newkey', 'rsa:2048', ...output, ...subject]);
    tlsPort = await findFreePort();
    const files = ['--tls-cert-file', cert, '--tls-key-file', key, '--tls-ca-cert-file', cert];
    const secret = ['--tls-auth-clients', 'no', '--requirepass', 'p@ss:word'];
    server = await startPrivateRedis(['--tls-port', String(tlsPort), ...files, ...secret]);
  });
  afterAll(async () => {
    await server.close();
    await rm(folder, { recursive: true, force: true });
  });

  it('talks to a server whose authority it is told, with a password', async () => {
    const tlsCa = await readFile(join(folder, 'cert.pem'), 'utf8');
    const state = createRedisHotState({ url: `rediss://:p%40ss%3Aword@localhost:${tlsPort}`, tlsCa });
    await state.start();
    await state.set(KEY.workspaceContent('org', 'x'), 'secret');
    expect(await state.get(KEY.workspaceContent('org', 'x'))).toBe('secret');
    await state.stop();
  });

  it('does not talk to a server whose certificate it cannot trust, and says why', async () => {
    const url = `rediss://:p%40ss%3Aword@localhost:${tlsPort}`;
    const state = createRedisHotState({ url, startTimeoutMs: 500 });
    await state.start();
    expect(state.state()).toMatchObject({
      connected: false,
      lastError: expect.stringMatching(/self-signed/i),
    });
    await state.stop();
  });
});
