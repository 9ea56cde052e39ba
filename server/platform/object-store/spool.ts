import { randomUUID } from 'node:crypto';
import { open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { measured } from './hashing.ts';
import type { ObjectContent, StoredObject } from './port.ts';

export interface Spooled extends StoredObject {
  path: string;
}

/**
 * Writes content of unknown length to a temporary file in that folder and flushes it to disk. The name is known only
 * at the end, since it is the hash. Whoever calls moves or removes the file.
 */
export async function spool(content: ObjectContent, folder: string, maxBytes: number): Promise<Spooled> {
  const path = join(folder, `${randomUUID()}.part`);
  const file = await open(path, 'wx', 0o600);
  try {
    const flow = measured(content, maxBytes);
    for await (const chunk of flow.content) {
      let written = 0;
      while (written < chunk.byteLength) {
        written += (await file.write(chunk, written, chunk.byteLength - written)).bytesWritten;
      }
    }
    await file.sync();
    return { ...flow.result(), path };
  } catch (error) {
    await rm(path, { force: true });
    throw error;
  } finally {
    await file.close();
  }
}
