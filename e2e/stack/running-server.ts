import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

/** The program as people start it, on a data folder that can be started again. */
export interface RunningServer {
  /** The last line that the start printed. */
  link: string;
  origin: string;
  /** In order, as by Ctrl-C or by whoever looks after processes; resolves with the exit code. */
  stop(signal?: 'SIGINT' | 'SIGTERM'): Promise<number>;
  /** At once, as by a power cut. */
  kill(): Promise<void>;
}

export async function makeDataDir(): Promise<{ path: string; remove(): Promise<void> }> {
  const path = await mkdtemp(join(tmpdir(), 'signalbox-e2e-'));
  return { path, remove: () => rm(path, { recursive: true, force: true }) };
}

export interface StartOptions {
  /** As `npm run dev` does. */
  isDev?: boolean;
  settings?: Record<string, string>;
}

/** On embedded defaults, whatever services the test run has in its environment. */
export async function startServer(
  dataDir: string,
  { isDev = false, settings = {} }: StartOptions = {},
): Promise<RunningServer> {
  const { DATABASE_URL: _d, REDIS_URL: _r, RABBITMQ_URL: _q, NODE_ENV: _n, ...rest } = process.env;
  const child = spawn(process.execPath, [join(ROOT, 'scripts/start.mjs'), ...(isDev ? ['--dev'] : [])], {
    cwd: ROOT,
    env: {
      ...rest,
      NODE_ENV: isDev ? 'development' : 'production',
      ...{ SERVER_PORT: '0', SIGNALBOX_DATA_DIR: dataDir },
      ...settings,
    } as NodeJS.ProcessEnv,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const link = await readLink(child);
  const ended = new Promise<number>((resolve) => child.once('close', (code) => resolve(code ?? -1)));
  return {
    link,
    origin: new URL(link).origin,
    stop(signal = 'SIGINT') {
      child.kill(signal);
      return ended;
    },
    async kill() {
      // The server is a child of the start script, with a group of its own.
      const { pid } = JSON.parse(await readLock(dataDir)) as { pid: number };
      process.kill(pid, 'SIGKILL');
      await ended;
    },
  };
}

async function readLock(dataDir: string): Promise<string> {
  const { readFile } = await import('node:fs/promises');
  return readFile(join(dataDir, 'lock.json'), 'utf8');
}

function readLink(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let output = '';
    const onText = (chunk: Buffer) => {
      output += chunk.toString('utf8');
      const [link] = /^http:\/\/\S+\/sign-in\?token=\S+$/m.exec(output) ?? [];
      if (link !== undefined) resolve(link);
    };
    child.stdout?.on('data', onText);
    child.stderr?.on('data', (chunk: Buffer) => {
      output += chunk.toString('utf8');
    });
    child.once('close', (code) => reject(new Error(`the start ended with ${code}:\n${output}`)));
  });
}
