import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';
import { mutate } from './mutate.ts';

/** For proofs that are to fail: the tests as they are, over an engine with a safeguard taken out. */
export default defineConfig({
  root: fileURLToPath(new URL('../../..', import.meta.url)),
  plugins: [
    {
      name: 'mutant',
      enforce: 'pre',
      transform: (source, id) => mutate(id.split('?')[0] ?? id, source),
    },
  ],
  test: {
    include: ['server/**/*.test.ts'],
    pool: 'forks',
    // What is kept by name would be taken for the file as it is, here and by the next test run.
    fsModuleCache: false,
    // What a proof says is read: whole, not shortened.
    chaiConfig: { truncateThreshold: 0 },
    testTimeout: 300_000,
    hookTimeout: 300_000,
  },
});
