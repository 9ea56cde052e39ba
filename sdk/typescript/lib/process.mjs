// @ts-check
import { messageOf } from './errors.mjs';

const SIGNALS = /** @type {const} */ (['SIGTERM', 'SIGINT']);

/**
 * What a program that is an agent does with its process: the first signal lets work end, the second gives it back. An
 * error that nobody caught is a failed attempt where a task is at work, and ends the program in order where none is.
 * @param {{ onTrouble(message: string): void, fail(error: unknown): boolean, leave(isUrgent: boolean): void }} options
 */
export function watchProcess({ onTrouble, fail, leave }) {
  let signals = 0;
  const onSignal = () => {
    signals += 1;
    if (signals > 2) process.exit(1);
    leave(signals > 1);
  };
  const onStray = (/** @type {unknown} */ error) => {
    const isTaken = fail(error);
    onTrouble(`An error that nobody caught: ${messageOf(error)}`);
    if (isTaken) return;
    process.exitCode = 1;
    leave(true);
  };
  // Whoever read what it says may be gone: no reason to end, nor to say so.
  const onUnread = () => {};
  process.stderr.on('error', onUnread);
  for (const signal of SIGNALS) process.on(signal, onSignal);
  process.on('uncaughtException', onStray);
  process.on('unhandledRejection', onStray);
  return () => {
    for (const signal of SIGNALS) process.off(signal, onSignal);
    process.off('uncaughtException', onStray);
    process.off('unhandledRejection', onStray);
  };
}
