import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

/** An MCP server over HTTP in a process of its own: a test may kill it in the middle of a call. */
export interface KillableUpstream extends AsyncDisposable {
  url: string;
  port: number;
  /** Resolves when a call of its tool `hang`, which is never answered, has come. */
  hangs: Promise<unknown>;
  /** It takes what it is sent and answers nothing, as when a machine is at its end. */
  freeze(): void;
  /** At once, as when a machine loses its power. */
  kill(): Promise<void>;
}

const PROGRAM = fileURLToPath(new URL('killable-program.ts', import.meta.url));

/** One of the new generation, one of the old, and one of the old whose streams can be taken up again. */
export type KillableKind = '2026' | '2025' | 'marks';

/** The same as a program, as the setting names it. */
export const KILLABLE_PROGRAM = `killable=${process.execPath} ${PROGRAM} stdio`;

/** One that does not end by itself. `mark` is among its words. */
export const stubbornProgram = (mark: string) => `stubborn=${process.execPath} ${PROGRAM} stubborn ${mark}`;

/** `port`: where another was before. */
export async function startKillableUpstream(
  port = 0,
  kind: KillableKind = '2026',
): Promise<KillableUpstream> {
  const child = fork(PROGRAM, [kind, String(port)], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  const ended = once(child, 'exit');
  const heard = (await Promise.race([
    once(child, 'message'),
    ended.then(() => Promise.reject(new Error('The upstream has ended by itself.'))),
  ])) as [{ url: string }];
  const { url } = heard[0];
  // A test that does not wait for it is not told when there is none.
  const hangs = Promise.race([once(child, 'message'), ended]);
  async function kill(): Promise<void> {
    child.kill('SIGKILL');
    await ended;
  }
  const freeze = () => void child.kill('SIGSTOP');
  return { url, port: Number(new URL(url).port), hangs, freeze, kill, [Symbol.asyncDispose]: kill };
}
