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
 * @typedef {{ about: string, args?: string, options?: Record<string, Option>, least?: number,
 *   words?: readonly ((given: { args: string[] }) => Words)[], run(context: Context): Promise<number | void> }} Command
 */
