import { spawn } from 'node:child_process';
import { constants as access, accessSync, existsSync, mkdirSync } from 'node:fs';
import { createServer } from 'node:net';
import { constants } from 'node:os';
import { join } from 'node:path';
import { ensureBuilt } from './lib/build.mjs';
import { WITH_COMPILE_CACHE } from './lib/compile-cache.mjs';
import { Failure, runMain } from './lib/failure.mjs';
import { ensureInstalled } from './lib/install.mjs';
import { withThisNode } from './lib/npm.mjs';
import { findDataDir, ROOT } from './lib/paths.mjs';
import { runOnRuntime } from './runtime.mjs';

/** `npm start` and, with `--dev`, `npm run dev`: everything that has to be true before the server can start. */

const isDev = process.argv.includes('--dev');

/** npm and the terminal both pass on one Ctrl-C; signals this close together are one. */
const SAME_SIGNAL_MS = 500;

function readPort() {
  const text = process.env.SERVER_PORT?.trim() || '3000';
  const port = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (port <= 65_535) return port;
  throw new Failure(`SERVER_PORT is ${JSON.stringify(text)}, which is not a port.`, {
    todo: 'Set it to a whole number from 0 to 65535, or unset it for 3000.',
  });
}

function checkPortIsFree(port) {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', (error) => {
      const isTaken = error.code === 'EADDRINUSE';
      reject(
        new Failure(`Port ${port} cannot be used.`, {
          why: isTaken ? 'Another program listens on it.' : error.message,
          todo: `Stop that program, or choose another port: SERVER_PORT=${port + 1} npm start`,
        }),
      );
    });
    probe.listen({ port, host: '127.0.0.1', exclusive: true }, () => probe.close(() => resolve()));
  });
}

async function checkDataDirIsFree(dataDir) {
  const { nameHolder, readLiveLock } = await import('../server/platform/data-lock.ts');
  const holder = readLiveLock(dataDir);
  if (holder === undefined) return;
  const since = new Date(holder.startedAt).toISOString();
  throw new Failure(`The data folder ${dataDir} is in use.`, {
    why: `Another Signalbox works in it, at port ${holder.port} since ${since}: ${nameHolder(holder)}.`,
    todo: 'Stop that one (Ctrl-C there), or use another folder: SIGNALBOX_DATA_DIR=other npm start',
  });
}

function checkDataDirIsUsable(dataDir) {
  try {
    mkdirSync(dataDir, { recursive: true });
    accessSync(dataDir, access.W_OK);
  } catch (error) {
    throw new Failure(`The data folder ${dataDir} cannot be used.`, {
      why: error.code === 'EEXIST' || error.code === 'ENOTDIR' ? 'It is no folder.' : error.message,
      todo: 'Use a folder that you may write to: SIGNALBOX_DATA_DIR=other npm start',
    });
  }
}

/** The server reads them too; here nobody waits for the pages to be built, to be told of a misspelt name. */
async function checkSettings() {
  const { readEnv } = await import('../server/platform/env.ts');
  try {
    readEnv(process.env, ROOT);
  } catch (error) {
    throw new Failure(error.message, { todo: error.advice });
  }
}

/** It may just have ended by itself, before we have heard of it. */
function killGroup(pid) {
  try {
    process.kill(-pid, 'SIGKILL');
  } catch (error) {
    if (error.code !== 'ESRCH') throw error;
  }
}

/**
 * Runs the server and passes one stop signal on, so that it stops in order; a second one kills it. It gets
 * a process group of its own: a terminal's Ctrl-C would otherwise reach it twice. Over the IPC channel it
 * notices when this process was killed.
 */
function runServer(args) {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, {
      cwd: ROOT,
      env: isDev
        ? { ...withThisNode(), SIGNALBOX_DEV: 'true' }
        : { NODE_ENV: 'production', ...WITH_COMPILE_CACHE, ...withThisNode() },
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
      detached: true,
    });
    let stoppingSince;
    let isKilled = false;
    const onSignal = (signal) => {
      const now = performance.now();
      if (stoppingSince === undefined) {
        stoppingSince = now;
        child.kill(signal);
      } else if (!isKilled && now - stoppingSince > SAME_SIGNAL_MS) {
        isKilled = true;
        process.stderr.write('\nKilled at once. The next start recovers what was under way.\n');
        killGroup(child.pid);
      }
    };
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, onSignal);
    child.on('error', reject);
    child.on('close', (code, signal) => resolve(code ?? 128 + (constants.signals[signal] ?? 0)));
  });
}

async function main() {
  const port = readPort();
  // First the folder: a Signalbox that is already running explains the taken port too.
  const dataDir = findDataDir();
  checkDataDirIsUsable(dataDir);
  await checkDataDirIsFree(dataDir);
  if (port !== 0) await checkPortIsFree(port);
  await ensureInstalled();
  await checkSettings();
  if (!isDev) await ensureBuilt();
  const entry = 'server/main.ts';
  if (!existsSync(join(ROOT, entry))) {
    throw new Failure(`${entry} is missing.`, { todo: 'The checkout is incomplete: restore it with git.' });
  }
  // Only our own code: the compiler of the pages writes files that the server reads, and each would start it anew.
  const watched = ['server', 'db'].map((folder) => join(ROOT, folder)).filter((folder) => existsSync(folder));
  const watching = [...watched.map((folder) => `--watch-path=${folder}`), '--watch-preserve-output'];
  return runServer(isDev ? [...watching, entry] : [entry]);
}

await runMain(() => runOnRuntime(main));
