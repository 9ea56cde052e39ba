import { mkdtemp, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { spawnService, waitUntil } from './child.ts';
import { findFreePort } from './free-port.ts';

export interface PrivateS3 {
  endpoint: string;
  bucket: string;
  region: string;
  accessKeyId: string;
  secretAccessKey: string;
  close(): Promise<void>;
}

/**
 * An S3 server from npm (s3rver), with a bucket. It speaks the protocol over HTTP and knows its access key, but does
 * not compute version 4 signatures: those are checked in a test of their own.
 */
export async function startPrivateS3(): Promise<PrivateS3> {
  const folder = await mkdtemp(join(tmpdir(), 'signalbox-s3-'));
  const port = await findFreePort();
  const bucket = 'signalbox-test';
  const program = join(
    dirname(createRequire(import.meta.url).resolve('s3rver/package.json')),
    'bin',
    's3rver.js',
  );
  const args = [program, '-a', '127.0.0.1', '-p', String(port), '-d', folder, '--configure-bucket', bucket];
  const service = spawnService(process.execPath, args, process.env);
  const endpoint = `http://127.0.0.1:${port}`;
  await waitUntil(service, 's3rver', async () => {
    const response = await fetch(endpoint).catch(() => null);
    await response?.body?.cancel();
    return response !== null;
  });
  return {
    endpoint,
    bucket,
    region: 'us-east-1',
    // The fixed key pair of s3rver.
    accessKeyId: 'S3RVER',
    secretAccessKey: 'S3RVER',
    async close() {
      await service.kill();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
