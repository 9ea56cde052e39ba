import { ensureBuilt } from '../scripts/lib/build.mjs';
import { WITH_COMPILE_CACHE } from '../scripts/lib/compile-cache.mjs';
import { keepTemporaryFilesInMemory } from '../scripts/lib/memory-folder.mjs';

/** Once for all: servers that start side by side must not build side by side. */
export default async function setup(): Promise<void> {
  // Workers are started after this and inherit the environment, as do the servers that they start.
  Object.assign(process.env, WITH_COMPILE_CACHE);
  keepTemporaryFilesInMemory();
  await ensureBuilt();
}
