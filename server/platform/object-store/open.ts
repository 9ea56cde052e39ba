import { join } from 'node:path';
import type { Env } from '../env.ts';
import { createLocalFolderStore } from './local-folder.ts';
import type { ObjectStore } from './port.ts';
import { createS3Store } from './s3.ts';

/** The object store that the settings name. */
export function openObjectStore({ objectStore, payloadMaxBytes, dataDir }: Env): ObjectStore {
  const maxObjectBytes = Math.max(payloadMaxBytes, 1024 ** 3);
  if (objectStore.kind === 'folder')
    return createLocalFolderStore({ folder: objectStore.path, maxObjectBytes });
  const { kind: _kind, ...access } = objectStore;
  return createS3Store({ ...access, maxObjectBytes, spoolFolder: join(dataDir, 'spool') });
}
