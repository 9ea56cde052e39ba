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
 * @import { Client } from '../sdk/typescript/index.mjs'
 * @typedef {{ args: string[], options: Record<string, any>, client(): Client, out: import('./output.mjs').Output }} Context
 * @typedef {{ about: string, args?: string, options?: Record<string, { type: 'string' | 'boolean', short?: string, about: string }>,
 *   least?: number, run(context: Context): Promise<number | void> }} Command
 */
