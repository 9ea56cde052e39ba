import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

const require = createRequire(import.meta.url);

/** As people start it; the page in the browser and the one of the terminal stay out of it. */
const LAUNCHER = join(
  dirname(require.resolve('@modelcontextprotocol/inspector/package.json')),
  'clients/launcher/build/index.js',
);

export interface InspectorAnswer {
  exitCode: number | null;
  // biome-ignore lint/suspicious/noExplicitAny: tests read into answers and say themselves what must be there
  result: any;
  /** What it has to complain about. */
  complaints: string;
}

export interface Inspected {
  url: string;
  token: string;
  era: 'legacy' | 'modern';
}

/** The official Inspector on the command line, with nothing of whoever runs the tests. */
export async function inspect(
  { url, token, era }: Inspected,
  method: string,
  ...more: string[]
): Promise<InspectorAnswer> {
  const home = await mkdtemp(join(tmpdir(), 'signalbox-inspector-'));
  const args = [
    ...[LAUNCHER, '--cli', url, '--transport', 'http', '--protocol-era', era],
    ...['--header', `Authorization: Bearer ${token}`, '--stored-auth-only', '--format', 'json'],
    // For what hangs: a busy machine is slow.
    ...['--connect-timeout', '120000', '--method', method, ...more],
  ];
  try {
    const { exitCode, printed, complaints } = await run(args, home);
    return { exitCode, result: printed === '' ? null : JSON.parse(printed).result, complaints };
  } finally {
    await rm(home, { recursive: true, force: true });
  }
}

/** The same without a key: it registers or says who it is, and then at which address its person lets it in. */
export async function startSignIn(url: string, callback: string, ...more: string[]) {
  const home = await mkdtemp(join(tmpdir(), 'signalbox-inspector-'));
  const args = [LAUNCHER, '--cli', url, '--transport', 'http', '--callback-url', callback, ...more];
  const child = start([...args, '--method', 'tools/list'], home);
  const asked = Promise.withResolvers<URL>();
  let said = '';
  const hear = (text: string) => {
    said += text;
    // All of it: what comes in pieces goes on until there is a space.
    const [found] = /https?:\/\/\S+code_challenge=\S+(?=\s)/.exec(said) ?? [];
    if (found !== undefined) asked.resolve(new URL(found));
  };
  child.stdout.setEncoding('utf8').on('data', hear);
  child.stderr.setEncoding('utf8').on('data', hear);
  const ended = new Promise<{ exitCode: number | null; printed: string }>((resolve) =>
    child.once('close', (exitCode) => {
      asked.reject(new Error(`It has ended without asking: ${said}`));
      resolve({ exitCode, printed: said });
    }),
  );
  asked.promise.catch(() => undefined);
  return {
    ...{ asked: asked.promise, ended },
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL');
      await ended;
      await rm(home, { recursive: true, force: true });
    },
  };
}

async function run(args: string[], home: string) {
  const child = start(args, home);
  const [printed, complaints, exitCode] = await Promise.all([
    child.stdout.setEncoding('utf8').toArray(),
    child.stderr.setEncoding('utf8').toArray(),
    new Promise<number | null>((resolve) => child.once('close', resolve)),
  ]);
  return { exitCode, printed: printed.join(''), complaints: complaints.join('') };
}

/** Nothing of whoever runs the tests, no browser either: no program of theirs is on its path. */
function start(args: string[], home: string) {
  const env: NodeJS.ProcessEnv = {
    ...{ PATH: home, NODE_ENV: 'production', NO_COLOR: '1' },
    ...{ HOME: home, USERPROFILE: home },
    // It asks a person though there is no terminal.
    MCP_AUTO_OPEN_ENABLED: 'true',
  };
  return spawn(process.execPath, args, { cwd: home, env, stdio: ['ignore', 'pipe', 'pipe'] });
}
