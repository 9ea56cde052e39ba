import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { Failure } from './failure.mjs';
import { withThisNode } from './npm.mjs';
import { packPages } from './pack-pages.mjs';
import { ROOT } from './paths.mjs';
import { withProgress } from './progress.mjs';
import { lastLines, run } from './run.mjs';
import { hashContents, hasStamp, writeStamp } from './stamps.mjs';

/** What ends up in the pages. The server itself needs no build: Node runs its TypeScript as it stands. */
const SOURCES = [
  'app',
  'components',
  'public',
  'server/domain',
  'server/api/trpc',
  'next.config.ts',
  'postcss.config.mjs',
  'tsconfig.json',
  'package.json',
  'package-lock.json',
  'scripts/lib/pack-pages.mjs',
];
const STAMP = join(ROOT, '.next/signalbox-built');

/** Builds the pages, unless exactly these sources are built. Without an `app` folder there are no pages. */
export async function ensureBuilt() {
  if (!existsSync(join(ROOT, 'app'))) return;
  const stamp = hashContents(ROOT, SOURCES);
  if (hasStamp(STAMP, stamp)) return;
  rmSync(STAMP, { force: true });
  await withProgress('Building the pages', async () => {
    const next = join(ROOT, 'node_modules/next/dist/bin/next');
    const env = { ...withThisNode(), NODE_ENV: 'production', NEXT_TELEMETRY_DISABLED: '1' };
    const { code, output } = await run(process.execPath, [next, 'build'], { cwd: ROOT, env });
    if (code === 0) return packPages(join(ROOT, '.next/static'));
    console.error(`\n${lastLines(output, 60)}\n`);
    throw new Failure('The pages could not be built.', { why: 'What the build said is above.' });
  });
  writeStamp(STAMP, stamp);
}
