import { type ChildProcess, spawn } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';

export interface ServiceProcess {
  /** Ends the whole process group at once, as a power cut would. */
  kill(): Promise<void>;
  /** What it has printed so far, for error messages. */
  output(): string;
  running(): boolean;
}

const KEPT_OUTPUT = 20_000;

/** Starts a service in a process group of its own, so that its children end with it. */
export function spawnService(
  command: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv,
): ServiceProcess {
  const child = spawn(command, args, { env, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  const keep = (chunk: Buffer): void => {
    output = (output + chunk.toString('utf8')).slice(-KEPT_OUTPUT);
  };
  child.stdout.on('data', keep);
  child.stderr.on('data', keep);
  const ended = new Promise<void>((resolve) => {
    child.once('error', (error) => {
      output += String(error);
      resolve();
    });
    child.once('exit', () => resolve());
  });
  const killGroup = (): void => endGroup(child);
  process.once('exit', killGroup);
  return {
    async kill() {
      process.removeListener('exit', killGroup);
      killGroup();
      await ended;
    },
    output: () => output,
    running: () => child.exitCode === null && child.signalCode === null,
  };
}

function endGroup(child: ChildProcess): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch {
    // It has ended already.
  }
}

/** Asks again and again until the answer is yes; the error says what the service printed. */
export async function waitUntil(
  service: ServiceProcess,
  what: string,
  ask: () => Promise<boolean>,
): Promise<void> {
  const deadline = Date.now() + 60_000;
  while (!(await ask())) {
    if (!service.running() || Date.now() > deadline) {
      throw new Error(`${what} did not come up.\n${service.output()}`);
    }
    await sleep(50);
  }
}
