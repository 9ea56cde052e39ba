import { registerHooks } from 'node:module';
import { fileURLToPath } from 'node:url';
import { mutate } from './mutate.ts';

/** For processes that the proofs start: they load the mutated file as the proof itself does. */
registerHooks({
  load(url, context, nextLoad) {
    const loaded = nextLoad(url, context);
    if (!url.startsWith('file:') || !loaded.source) return loaded;
    const mutated = mutate(fileURLToPath(url), String(loaded.source));
    return mutated === null ? loaded : { ...loaded, source: mutated };
  },
});
