import { createHash, createHmac, randomUUID } from 'node:crypto';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { createServer, type IncomingMessage } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AwsClient } from 'aws4fetch';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findFreePort } from '#server/testing/free-port.ts';
import { type PrivateS3, startPrivateS3 } from '#server/testing/private-s3.ts';
import { CONTRACT_MAX_OBJECT_BYTES, describeObjectStoreContract } from './contract.ts';
import { createS3Store, type S3Options } from './s3.ts';

/** S3_ENDPOINT and its companions name the server; without them the file starts its own. */
function s3FromEnvironment(): PrivateS3 | undefined {
  const { S3_ENDPOINT, S3_BUCKET, S3_REGION, S3_ACCESS_KEY_ID, S3_SECRET_ACCESS_KEY } = process.env;
  if (!S3_ENDPOINT) return undefined;
  return {
    endpoint: S3_ENDPOINT,
    bucket: S3_BUCKET ?? 'signalbox-test',
    region: S3_REGION ?? 'us-east-1',
    accessKeyId: S3_ACCESS_KEY_ID ?? '',
    secretAccessKey: S3_SECRET_ACCESS_KEY ?? '',
    close: async () => {},
  };
}

let server: PrivateS3;
let spoolFolder: string;
beforeAll(async () => {
  server = s3FromEnvironment() ?? (await startPrivateS3());
  spoolFolder = await mkdtemp(join(tmpdir(), 'signalbox-spool-'));
});
afterAll(async () => {
  await server.close();
  await rm(spoolFolder, { recursive: true });
});

const optionsFor = (more: Partial<S3Options> = {}): S3Options => ({ ...server, spoolFolder, ...more });

describeObjectStoreContract('S3', async () => {
  const prefix = `contract ${randomUUID()}/`;
  const store = createS3Store(optionsFor({ prefix, maxObjectBytes: CONTRACT_MAX_OBJECT_BYTES }));
  await store.start();
  const raw = new AwsClient({ ...server, service: 's3' });
  const bucketUrl = `${server.endpoint}/${server.bucket}`;
  const keyOf = (hash: string): string => `${prefix}${hash.slice(0, 2)}/${hash.slice(2, 4)}/${hash}`;
  return {
    store,
    async damage(hash, bytes) {
      const url = `${bucketUrl}/${keyOf(hash).split('/').map(encodeURIComponent).join('/')}`;
      const response = await raw.fetch(url, { method: 'PUT', body: bytes as Uint8Array<ArrayBuffer> });
      expect(response.status).toBe(200);
    },
    async count() {
      const response = await raw.fetch(`${bucketUrl}?list-type=2&prefix=${encodeURIComponent(prefix)}`);
      const keys = (await response.text()).match(/<Key>/g) ?? [];
      return keys.length + (await readdir(spoolFolder)).length;
    },
    close: async () => {},
  };
});

/** Computes a version 4 signature from the request alone, by AWS' description and not by our client's code. */
function signatureOf(request: IncomingMessage, secret: string): { expected: string; given: string } {
  const authorization = request.headers.authorization ?? '';
  const [, scope = '', names = '', given = ''] =
    /Credential=[^/]+\/([^,]+), ?SignedHeaders=([^,]+), ?Signature=(\w+)/.exec(authorization) ?? [];
  const [path, query = ''] = (request.url ?? '').split('?');
  const headers = names.split(';').map((name) => `${name}:${String(request.headers[name]).trim()}\n`);
  const payload = String(request.headers['x-amz-content-sha256']);
  const canonical = [request.method, path, query, headers.join(''), names, payload].join('\n');
  const digest = createHash('sha256').update(canonical).digest('hex');
  const toSign = ['AWS4-HMAC-SHA256', request.headers['x-amz-date'], scope, digest].join('\n');
  const hmac = (key: string | Buffer, text: string): Buffer =>
    createHmac('sha256', key).update(text).digest();
  const key = scope.split('/').reduce<string | Buffer>((before, part) => hmac(before, part), `AWS4${secret}`);
  return { expected: hmac(key, toSign).toString('hex'), given };
}

describe('S3 store', () => {
  it('signs every request as AWS describes, its body included', async () => {
    const seen: { method: string; expected: string; given: string; payload: unknown }[] = [];
    const listener = createServer((request, response) => {
      const payload = request.headers['x-amz-content-sha256'];
      seen.push({ method: request.method ?? '', ...signatureOf(request, 'a secret/+='), payload });
      request.resume().on('end', () => response.writeHead(request.method === 'HEAD' ? 404 : 200).end());
    });
    const port = await findFreePort();
    await new Promise<void>((resolve) => listener.listen(port, '127.0.0.1', resolve));
    const endpoint = `http://127.0.0.1:${port}`;
    const store = createS3Store(
      optionsFor({ endpoint, secretAccessKey: 'a secret/+=', prefix: 'sp ace/é/' }),
    );
    const { hash } = await store.put(Buffer.from('signed'));
    expect(seen.map(({ method }) => method)).toEqual(['HEAD', 'PUT']);
    for (const { expected, given } of seen) expect(given).toBe(expected);
    expect(seen[1]?.payload).toBe(hash);
    await new Promise((resolve) => listener.close(resolve));
  });

  it('says at its start what is wrong with the key or the bucket', async () => {
    const wrongKey = createS3Store(optionsFor({ accessKeyId: 'nobody' }));
    await expect(wrongKey.start()).rejects.toMatchObject({ message: expect.stringContaining('403') });
    const wrongBucket = createS3Store(optionsFor({ bucket: 'no-such-bucket' }));
    await expect(wrongBucket.start()).rejects.toMatchObject({ message: expect.stringContaining('404') });
  });

  it('says that the store cannot be reached', async () => {
    const endpoint = `http://127.0.0.1:${await findFreePort()}`;
    const store = createS3Store(optionsFor({ endpoint, retries: 0 }));
    await expect(store.put(Buffer.from('x'))).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    expect(await readdir(spoolFolder)).toEqual([]);
  });

  it('tries again when the store answers that it is busy, and gives up at some point', async () => {
    const methods: string[] = [];
    let busyAnswers = 2;
    const busy = createServer((request, response) => {
      methods.push(request.method ?? '');
      request.resume().on('end', () => {
        if (request.method === 'HEAD') response.writeHead(404).end();
        else if (busyAnswers-- > 0) response.writeHead(503).end('<Error><Code>SlowDown</Code></Error>');
        else response.writeHead(200).end();
      });
    });
    const port = await findFreePort();
    await new Promise<void>((resolve) => busy.listen(port, '127.0.0.1', resolve));
    const store = createS3Store(optionsFor({ endpoint: `http://127.0.0.1:${port}`, retries: 2 }));
    await store.put(Buffer.from('patience'));
    expect(methods).toEqual(['HEAD', 'PUT', 'PUT', 'PUT']);
    busyAnswers = Number.POSITIVE_INFINITY;
    const refused = store.put(Buffer.from('in vain'));
    await expect(refused).rejects.toMatchObject({
      code: 'UNAVAILABLE',
      message: expect.stringContaining('SlowDown'),
    });
    await new Promise((resolve) => busy.close(resolve));
  });
});
