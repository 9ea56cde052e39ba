import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Failure, runMain } from './lib/failure.mjs';
import { ensureInstalled } from './lib/install.mjs';
import { withThisNode } from './lib/npm.mjs';
import { ROOT } from './lib/paths.mjs';
import { runOnRuntime } from './runtime.mjs';

/** Runs one of the repository's own programs with the right Node and its packages: `node scripts/tool.mjs <file> [args]`. */
async function main() {
  const [file = '', ...args] = process.argv.slice(2);
  if (!existsSync(join(ROOT, file))) throw new Failure(`There is no program ${file} in this checkout.`);
  await ensureInstalled();
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [file, ...args], {
      cwd: ROOT,
      env: withThisNode(),
      stdio: 'inherit',
    });
    // The terminal reaches the child itself; this process only waits for it.
    for (const signal of ['SIGINT', 'SIGHUP']) process.on(signal, () => {});
    process.on('SIGTERM', () => child.kill('SIGTERM'));
    child.on('error', reject);
    child.on('close', (code) => resolve(code ?? 1));
  });
}

await runMain(() => runOnRuntime(main));
