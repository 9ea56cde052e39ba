import { openAsBlob } from 'node:fs';
import { mkdir, mkdtemp, readdir, rm, stat } from 'node:fs/promises';
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
  /** How long the store may say nothing: until an answer begins, and then between two pieces of it. An upload has more by its size. */
  timeoutMs?: number;
  retries?: number;
}

/** A line that carries less than this is as good as none. */
const SLOWEST_BYTES_A_SECOND = 50_000;
const SPOOLED = 'put-';
const LEFT_AFTER_MS = 86_400_000;

/**
 * Objects in a bucket of any S3-compatible service, as <prefix>ab/cd/<hash>. S3 makes an object visible only when all
 * of it has come, and checks the body against the SHA-256 that signs the request, which is the object's name.
 */
export function createS3Store(options: S3Options): ObjectStore {
  const maxBytes = options.maxObjectBytes ?? DEFAULT_MAX_OBJECT_BYTES;
  const { request, bucketUrl, urlOf } = makeRequester(options);

  const lookUp = async (hash: string): Promise<StoredObject | null> => {
    const { response } = await request('look up an object', urlOf(hash), { method: 'HEAD' });
    if (response.status === 404) return null;
    await expectOk(response, 'look up an object');
    return { hash, bytes: Number(response.headers.get('content-length') ?? 0) };
  };

  const fetchObject = async (
    hash: string,
  ): Promise<{ known: StoredObject; content: AsyncIterable<Uint8Array> }> => {
    const { response, silence } = await request('read an object', urlOf(hash), { method: 'GET' });
    if (response.status === 404) {
      await response.body?.cancel();
      throw objectMissing(hash);
    }
    await expectOk(response, 'read an object');
    const known = { hash, bytes: Number(response.headers.get('content-length') ?? 0) };
    return { known, content: silence.watch(response.body ?? empty()) };
  };

  const upload = async ({ path, hash, bytes }: Spooled): Promise<void> => {
    const { response } = await request('store an object', urlOf(hash), {
      method: 'PUT',
      body: await openAsBlob(path),
      headers: { 'content-length': String(bytes), 'x-amz-content-sha256': hash },
      bytes,
    });
    await expectOk(response, 'store an object');
    await response.body?.cancel();
  };

  return {
    stat: lookUp,
    has: async (hash) => (await lookUp(hash)) !== null,
    async start() {
      await mkdir(options.spoolFolder, { recursive: true, mode: 0o700 });
      await removeLeftovers(options.spoolFolder);
      const { response } = await request('look at its bucket', bucketUrl, { method: 'HEAD' });
      await expectOk(response, `use the bucket ${options.bucket}`);
    },
    async put(content, announce) {
      const folder = await mkdtemp(join(options.spoolFolder, SPOOLED));
      try {
        const spooled = await spool(content, folder, maxBytes);
        const { hash, bytes } = spooled;
        await announce?.({ hash, bytes });
        if ((await lookUp(hash))?.bytes !== bytes) await upload(spooled);
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
      const known = await lookUp(hash);
      if (!known) return false;
      const { response } = await request('delete an object', urlOf(hash), { method: 'DELETE' });
      await expectOk(response, 'delete an object');
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
    async request(
      what: string,
      url: string,
      { bytes = 0, ...init }: RequestInit & { bytes?: number },
    ): Promise<{ response: Response; silence: Silence }> {
      const silence = createSilence(what, timeoutMs, (bytes / SLOWEST_BYTES_A_SECOND) * 1000);
      try {
        const response = await client.fetch(url, { ...init, signal: silence.signal });
        silence.begin();
        return { response, silence };
      } catch (error) {
        silence.end();
        if (error instanceof SignalboxError) throw error;
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

interface Silence {
  signal: AbortSignal;
  /** From now on the store may say nothing for so long again. */
  begin(): void;
  end(): void;
  /** Passes pieces on, and waits for none of them longer. However long whoever reads them takes is no silence. */
  watch(pieces: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array>;
}

function createSilence(what: string, ms: number, moreMs: number): Silence {
  const controller = new AbortController();
  let timer: NodeJS.Timeout;
  function begin(more = 0): void {
    clearTimeout(timer);
    timer = setTimeout(() => {
      const message = `The object store was asked to ${what}, and said nothing for ${Math.ceil((ms + more) / 1000)} s.`;
      const advice = 'Try again. If this stays, check the S3 service and the network.';
      controller.abort(new SignalboxError('UNAVAILABLE', message, { advice }));
    }, ms + more).unref();
  }
  const end = (): void => clearTimeout(timer);
  begin(moreMs);
  return {
    signal: controller.signal,
    begin,
    end,
    async *watch(pieces) {
      try {
        begin();
        for await (const piece of pieces) {
          end();
          yield piece;
          begin();
        }
      } finally {
        end();
      }
    },
  };
}

/** Of uploads that a kill has left. None takes a day. */
async function removeLeftovers(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    if (!name.startsWith(SPOOLED)) continue;
    const path = join(folder, name);
    // Another process may have been quicker.
    const since = await stat(path).then(
      ({ mtimeMs }) => mtimeMs,
      () => Number.POSITIVE_INFINITY,
    );
    if (Date.now() - since > LEFT_AFTER_MS) await rm(path, { recursive: true, force: true });
  }
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
