import { setTimeout as sleep } from 'node:timers/promises';

/** Less where it is known that nothing will come: under a mutant. */
const PATIENCE_MS = Number(process.env.TEST_PATIENCE_MS ?? 60_000);

/** Asks again and again until the answer is there. The limit is for what never comes, not for what comes late. */
export async function until<T>(
  what: string,
  ask: () => Promise<T | null | undefined | false>,
  withinMs = PATIENCE_MS,
): Promise<T> {
  const deadline = Date.now() + withinMs;
  for (;;) {
    const answer = await ask();
    if (answer) return answer;
    if (Date.now() > deadline) throw new Error(`Waited ${withinMs} ms in vain: ${what}`);
    await sleep(20);
  }
}

/** Waits for what comes by itself, and says what did not come instead of waiting for ever. */
export async function comes<T>(what: string, coming: Promise<T>, withinMs = PATIENCE_MS): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`Waited ${withinMs} ms in vain: ${what}`)), withinMs);
  });
  return Promise.race([coming, late]).finally(() => clearTimeout(timer));
}
