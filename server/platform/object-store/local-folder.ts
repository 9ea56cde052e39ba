import { createReadStream } from 'node:fs';
import { access, mkdir, open, readdir, readFile, rename, rm, stat as statFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { SignalboxError } from '#server/domain/errors.ts';
import { hashOf, verified } from './hashing.ts';
import {
  checkHash,
  DEFAULT_MAX_OBJECT_BYTES,
  type ObjectStore,
  objectDamaged,
  objectMissing,
  type StoredObject,
} from './port.ts';
import { spool } from './spool.ts';

export interface LocalFolderOptions {
  folder: string;
  maxObjectBytes?: number;
  now?: () => number;
}

/** A part that nobody has touched for this long was left by a crash. */
const STALE_PART_MS = 24 * 60 * 60 * 1000;

/**
 * Objects as files under <folder>/ab/cd/<hash>: two levels, so that no folder grows too long. A file is written beside
 * them, flushed, and renamed into place with its folder flushed too, so a crash leaves the whole object or none.
 */
export function createLocalFolderStore(options: LocalFolderOptions): ObjectStore {
  const { folder } = options;
  const parts = join(folder, 'parts');
  const maxBytes = options.maxObjectBytes ?? DEFAULT_MAX_OBJECT_BYTES;
  const now = options.now ?? Date.now;
  const pathOf = (hash: string): string => join(folder, hash.slice(0, 2), hash.slice(2, 4), checkHash(hash));

  const stat = async (hash: string): Promise<StoredObject | null> => {
    const path = pathOf(hash);
    try {
      return { hash, bytes: (await statFile(path)).size };
    } catch (error) {
      if (isMissing(error)) return null;
      throw error;
    }
  };

  return {
    stat,
    has: async (hash) => (await stat(hash)) !== null,
    async start() {
      try {
        await mkdir(parts, { recursive: true, mode: 0o700 });
        await access(parts, 2);
        await removeStaleParts(parts, now());
      } catch (error) {
        throw new SignalboxError('UNAVAILABLE', `The folder ${folder} for objects cannot be written.`, {
          advice:
            'Check its owner and permissions, or set SIGNALBOX_DATA_DIR to a folder that can be written.',
          cause: error,
        });
      }
    },
    async put(content, announce) {
      const { path: part, hash, bytes } = await spool(content, parts, maxBytes);
      try {
        await announce?.({ hash, bytes });
        const known = await stat(hash);
        // Of another length it was damaged, and what we have now repairs it.
        if (known?.bytes === bytes) await rm(part);
        else await moveIntoPlace(part, pathOf(hash), folder);
        return { hash, bytes };
      } catch (error) {
        await rm(part, { force: true });
        throw error;
      }
    },
    async get(hash) {
      const bytes = await readFile(pathOf(hash)).catch((error: unknown) => {
        throw isMissing(error) ? objectMissing(hash) : error;
      });
      if (hashOf(bytes) !== hash) throw objectDamaged(hash);
      return bytes;
    },
    async open(hash) {
      const known = await stat(hash);
      if (!known) throw objectMissing(hash);
      return { bytes: known.bytes, content: verified(known, createReadStream(pathOf(hash))) };
    },
    async delete(hash) {
      const known = await stat(hash);
      await rm(pathOf(hash), { force: true });
      return known !== null;
    },
  };
}

async function moveIntoPlace(part: string, path: string, root: string): Promise<void> {
  const folder = dirname(path);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await rename(part, path);
  // The new name, and those of the folders above it, are on disk only when their folders are.
  for (let each = folder; ; each = dirname(each)) {
    await syncFolder(each);
    if (each === root || each === dirname(each)) return;
  }
}

async function syncFolder(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function removeStaleParts(parts: string, nowMs: number): Promise<void> {
  for (const name of await readdir(parts)) {
    const path = join(parts, name);
    const { mtimeMs } = await statFile(path);
    if (name.endsWith('.part') && nowMs - mtimeMs > STALE_PART_MS) await rm(path, { force: true });
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT';
}
