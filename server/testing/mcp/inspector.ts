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

async function run(args: string[], home: string) {
  const env: NodeJS.ProcessEnv = {
    ...{ PATH: process.env.PATH ?? '', NODE_ENV: 'production', NO_COLOR: '1' },
    ...{ HOME: home, USERPROFILE: home },
  };
  const child = spawn(process.execPath, args, { cwd: home, env, stdio: ['ignore', 'pipe', 'pipe'] });
  const [printed, complaints, exitCode] = await Promise.all([
    child.stdout.setEncoding('utf8').toArray(),
    child.stderr.setEncoding('utf8').toArray(),
    new Promise<number | null>((resolve) => child.once('close', resolve)),
  ]);
  return { exitCode, printed: printed.join(''), complaints: complaints.join('') };
}
