import { WITH_COMPILE_CACHE } from '../lib/compile-cache.mjs';
import { keepTemporaryFilesInMemory } from '../lib/memory-folder.mjs';
import { ensureServices } from '../services.mjs';

/**
 * Gives the integration tests their services. Under `npm test` the URLs are set already and nothing is
 * started here; a plain `npx vitest --project int` gets private ones for its own time.
 */
export default async function setup(): Promise<() => Promise<void>> {
  keepTemporaryFilesInMemory();
  const { env, stop } = await ensureServices({ postgres: true, redis: true, rabbitmq: true });
  // Workers are started after this and inherit the environment.
  Object.assign(process.env, env, WITH_COMPILE_CACHE);
  return stop;
}
