import { openAsBlob } from 'node:fs';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { AwsClient } from 'aws4fetch';
import { SignalboxError } from '#server/domain/errors.ts';
import { collect, verified } from './hashing.ts';
import {
  checkHash,
  DEFAULT_MAX_OBJECT_BYTES,
  type ObjectStore,
  objectDamaged,
  objectMissing,
  type StoredObject,
} from './port.ts';
import { type Spooled, spool } from './spool.ts';

export interface S3Options {
  /** Such as https://s3.eu-central-1.amazonaws.com or http://minio:9000; the bucket becomes the first part of the path. */
  endpoint: string;
  bucket: string;
  region: string;
  accessKeyId: string;
  secretAccessKey: string;
  /** Put before every key, such as `signalbox/`. */
  prefix?: string;
  /** Where uploads wait until their hash is known. */
  spoolFolder: string;
  maxObjectBytes?: number;
  /** For one request, its body included. */
  timeoutMs?: number;
  retries?: number;
}

/**
 * Objects in a bucket of any S3-compatible service, as <prefix>ab/cd/<hash>. S3 makes an object visible only when all
 * of it has come, and checks the body against the SHA-256 that signs the request, which is the object's name.
 */
export function createS3Store(options: S3Options): ObjectStore {
  const maxBytes = options.maxObjectBytes ?? DEFAULT_MAX_OBJECT_BYTES;
  const { request, bucketUrl, urlOf } = makeRequester(options);

  const stat = async (hash: string): Promise<StoredObject | null> => {
    const response = await request('look up an object', urlOf(hash), { method: 'HEAD' });
    if (response.status === 404) return null;
    await expectOk(response, 'look up an object');
    return { hash, bytes: Number(response.headers.get('content-length') ?? 0) };
  };

  const fetchObject = async (
    hash: string,
  ): Promise<{ known: StoredObject; content: AsyncIterable<Uint8Array> }> => {
    const response = await request('read an object', urlOf(hash), { method: 'GET' });
    if (response.status === 404) {
      await response.body?.cancel();
      throw objectMissing(hash);
    }
    await expectOk(response, 'read an object');
    const known = { hash, bytes: Number(response.headers.get('content-length') ?? 0) };
    return { known, content: response.body ?? empty() };
  };

  const upload = async ({ path, hash, bytes }: Spooled): Promise<void> => {
    const response = await request('store an object', urlOf(hash), {
      method: 'PUT',
      body: await openAsBlob(path),
      headers: { 'content-length': String(bytes), 'x-amz-content-sha256': hash },
    });
    await expectOk(response, 'store an object');
    await response.body?.cancel();
  };

  return {
    stat,
    has: async (hash) => (await stat(hash)) !== null,
    async start() {
      await mkdir(options.spoolFolder, { recursive: true, mode: 0o700 });
      const response = await request('look at its bucket', bucketUrl, { method: 'HEAD' });
      await expectOk(response, `use the bucket ${options.bucket}`);
    },
    async put(content, announce) {
      const folder = await mkdtemp(join(options.spoolFolder, 'put-'));
      try {
        const spooled = await spool(content, folder, maxBytes);
        const { hash, bytes } = spooled;
        await announce?.({ hash, bytes });
        if ((await stat(hash))?.bytes !== bytes) await upload(spooled);
        return { hash, bytes };
      } finally {
        await rm(folder, { recursive: true, force: true });
      }
    },
    async get(hash) {
      const { known, content } = await fetchObject(hash);
      const bytes = await collect(verified(known, content));
      if (bytes.byteLength !== known.bytes) throw objectDamaged(hash);
      return bytes;
    },
    async open(hash) {
      const { known, content } = await fetchObject(hash);
      return { bytes: known.bytes, content: verified(known, content) };
    },
    async delete(hash) {
      const known = await stat(hash);
      if (!known) return false;
      await expectOk(
        await request('delete an object', urlOf(hash), { method: 'DELETE' }),
        'delete an object',
      );
      return true;
    },
  };
}

function makeRequester(options: S3Options) {
  const client = new AwsClient({
    accessKeyId: options.accessKeyId,
    secretAccessKey: options.secretAccessKey,
    service: 's3',
    region: options.region,
    // It tries again by itself on 5xx and 429, with growing pauses.
    retries: options.retries ?? 4,
    initRetryMs: 50,
  });
  const bucketUrl = `${options.endpoint.replace(/\/+$/, '')}/${encodeURIComponent(options.bucket)}`;
  const prefix = (options.prefix ?? '').split('/').map(encodeURIComponent).join('/');
  const timeoutMs = options.timeoutMs ?? 60_000;
  return {
    bucketUrl,
    urlOf: (hash: string): string =>
      `${bucketUrl}/${prefix}${checkHash(hash).slice(0, 2)}/${hash.slice(2, 4)}/${hash}`,
    async request(what: string, url: string, init: RequestInit): Promise<Response> {
      try {
        return await client.fetch(url, { ...init, signal: AbortSignal.timeout(timeoutMs) });
      } catch (error) {
        throw new SignalboxError(
          'UNAVAILABLE',
          `The object store cannot be reached to ${what}: ${String(error)}`,
          {
            advice: 'Check the S3 endpoint and the network.',
            cause: error,
          },
        );
      }
    },
  };
}

async function expectOk(response: Response, what: string): Promise<void> {
  if (response.ok) return;
  const text = await response.text().catch(() => '');
  const code = /<Code>([^<]{1,100})<\/Code>/.exec(text)?.[1] ?? response.statusText;
  const ours = response.status === 403 || response.status === 404;
  throw new SignalboxError(
    ours ? 'INTERNAL' : 'UNAVAILABLE',
    `The object store refused to ${what}: ${response.status} ${code}.`,
    {
      advice: ours
        ? 'Check the bucket, the region and the access key.'
        : 'Try again; the store is in trouble.',
    },
  );
}

async function* empty(): AsyncGenerator<Uint8Array> {}
