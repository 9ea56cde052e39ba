import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const KEEPER = fileURLToPath(new URL('./keeper.mjs', import.meta.url));

/**
 * @typedef {object} ServiceSpec
 * @property {string} name for messages
 * @property {string} folder a temporary folder of its own; removed at the end
 * @property {{ command: string, args: string[], env?: Record<string, string>, uid?: number, gid?: number }[]} processes
 *   in the order in which they start; the last one is the service
 * @property {NodeJS.Signals} stopSignal what makes it stop in order
 * @property {() => Promise<boolean>} isReady
 */

const READY_WITHIN_MS = 60_000;
const POLL_MS = 50;

/**
 * A service that belongs to this process and dies with it, however it ends. The service's processes are
 * children of a keeper, which stops them when its input closes: the system closes it even after `kill -9`.
 * @param {ServiceSpec} spec
 */
export async function startPrivateService({ name, folder, processes, stopSignal, isReady }) {
  const keeper = spawn(process.execPath, [KEEPER], { stdio: ['pipe', 'pipe', 'inherit'], detached: true });
  // The keeper must not keep a test runner alive that has nothing else to do, except while it is asked.
  const pipes = [keeper.stdin, keeper.stdout];
  keeper.unref();
  for (const pipe of pipes) pipe.unref();
  const answers = createInterface({ input: keeper.stdout });
  let isGone = false;
  keeper.once('exit', () => {
    isGone = true;
  });

  /** One request, one answer, in order. */
  const ask = async (request) => {
    if (isGone) throw new Error(`${name} is gone: its keeper ended.`);
    keeper.stdout.ref();
    try {
      const answer = once(answers, 'line', { signal: AbortSignal.timeout(READY_WITHIN_MS) });
      keeper.stdin.write(`${JSON.stringify(request)}\n`);
      const [line] = await answer;
      return JSON.parse(line);
    } finally {
      keeper.stdout.unref();
    }
  };

  const waitUntilReady = async () => {
    const deadline = performance.now() + READY_WITHIN_MS;
    while (performance.now() < deadline) {
      if (await isReady()) return;
      const { isRunning, output } = await ask({ do: 'status' });
      if (!isRunning) throw new Error(`${name} ended while it started:\n${output}`);
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
    const { output } = await ask({ do: 'status' });
    throw new Error(`${name} did not answer within ${READY_WITHIN_MS / 1000} s:\n${output}`);
  };

  const start = async () => {
    await ask({ do: 'start' });
    await waitUntilReady();
  };

  const stop = async () => {
    if (isGone) return;
    const ended = once(keeper, 'exit');
    keeper.ref();
    keeper.stdin.end();
    await ended;
  };

  try {
    await ask({ do: 'configure', name, folder, processes, stopSignal });
    await start();
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    /** Stops the service in order and removes its data. */
    stop,
    /** `kill -9` of the service; its data stays. Resolves when every process of it is gone. */
    kill9: async () => void (await ask({ do: 'kill9' })),
    /** Stops it in order if it runs, starts it on the same port and data, resolves when it answers. */
    restart: async () => {
      await ask({ do: 'halt' });
      await start();
    },
    /** Freezes it (SIGSTOP): connections stay open and nothing answers. */
    freeze: async () => void (await ask({ do: 'freeze' })),
    thaw: async () => void (await ask({ do: 'thaw' })),
    folder,
  };
}
