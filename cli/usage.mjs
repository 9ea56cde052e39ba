// @ts-check

/** What the caller has to mend: why, and what to do. */
export class UsageError extends Error {
  /** @param {string} message @param {string} [advice] */
  constructor(message, advice) {
    super(message);
    this.name = 'UsageError';
    this.advice = advice;
  }
}

/** @param {string} option @param {string} text */
export function numberOf(option, text) {
  const number = Number(text);
  if (text.trim() !== '' && Number.isFinite(number)) return number;
  throw new UsageError(`--${option} is ${JSON.stringify(text)}, which is no number.`, 'See --help.');
}

/** @param {string} option @param {string} text @param {number} [least] */
export function wholeNumberOf(option, text, least = 0) {
  const number = Number(text);
  if (text.trim() !== '' && Number.isInteger(number) && number >= least) return number;
  const from = least > 0 ? ` from ${least} on` : '';
  throw new UsageError(
    `--${option} is ${JSON.stringify(text)}, which is no whole number${from}.`,
    'See --help.',
  );
}

/** @param {string | undefined} given what stands where a run's id belongs */
export function runIdOf(given = '') {
  if (given.startsWith('run_')) return given;
  throw new UsageError(
    `${given} is no id of a run.`,
    'It begins with run_. List what there is: signalbox runs',
  );
}

/** Exit codes: a caller's script asks by them. */
export const EXIT = /** @type {const} */ ({ ok: 0, failed: 1, usage: 2, refused: 3 });

/**
 * What may stand in a place, for completion: words, or the name of something that the server has (`cli/names.mjs`). No
 * words at all mean a file.
 * @typedef {readonly string[] | keyof typeof import('./names.mjs').NAMES} Words
 *
 * @import { Client } from '../sdk/typescript/index.mjs'
 * @typedef {{ args: string[], options: Record<string, any>, client(): Client, out: import('./output.mjs').Output }} Context
 * @typedef {{ type: 'string' | 'boolean', short?: string, about: string, multiple?: boolean, words?: Words }} Option
 * `most` arguments can be given; left out, as many as there are words for.
 * @typedef {{ about: string, args?: string, options?: Record<string, Option>, least?: number, most?: number,
 *   words?: readonly ((given: { args: string[] }) => Words)[], run(context: Context): Promise<number | void> }} Command
 */
