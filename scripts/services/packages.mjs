import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { withProgress } from '../lib/progress.mjs';
import { findOnPath, lastLines, run } from '../lib/run.mjs';

/** Without a start by the package itself: our private services run beside whatever the machine runs. */
const NO_START = '#!/bin/sh\nexit 101\n';

export function canInstallPackages() {
  return process.getuid?.() === 0 && findOnPath('apt-get') !== undefined;
}

/**
 * Installs Debian packages. Returns why it failed, or undefined.
 * @param {string[]} names
 */
export async function installPackages(names) {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' };
  const undo = forbidStarts();
  try {
    return await withProgress(`Installing ${names.join(', ')} with apt-get`, async () => {
      const update = await run('apt-get', ['update', '-q'], { env });
      const install = await run('apt-get', ['install', '-y', '-q', '--no-install-recommends', ...names], {
        env,
      });
      if (install.code === 0) return undefined;
      return `apt-get install ${names.join(' ')} failed:\n${lastLines(update.code === 0 ? install.output : update.output + install.output, 8)}`;
    });
  } finally {
    undo();
  }
}

function forbidStarts() {
  const policy = '/usr/sbin/policy-rc.d';
  if (existsSync(policy)) return () => {};
  writeFileSync(policy, NO_START, { mode: 0o755 });
  return () => rmSync(policy, { force: true });
}

/** Whether `docker compose` and an engine that it can reach are there. */
export async function hasDockerEngine() {
  const { code } = await run('docker', ['compose', 'version'], { timeoutMs: 5000 });
  return code === 0 && (await run('docker', ['info'], { timeoutMs: 5000 })).code === 0;
}
