// @ts-check
import { readFileSync } from 'node:fs';
import { UsageError } from '../usage.mjs';

/** @import { Command } from '../usage.mjs' */

const SHELLS = ['bash', 'zsh', 'fish'];

/** @type {Command} */
export const completion = {
  about: 'print a script for bash, zsh or fish: source <(signalbox completion bash)',
  args: SHELLS.join('|'),
  least: 1,
  words: [() => SHELLS],
  async run({ args: [shell = ''], out }) {
    if (!SHELLS.includes(shell))
      throw new UsageError(`There is no completion for ${shell}.`, `There is: ${SHELLS.join(', ')}.`);
    const file = new URL(`../completion/signalbox.${shell}`, import.meta.url);
    const script = readFileSync(file, 'utf8').trimEnd();
    if (out.isJson) out.json({ shell, script });
    else out.line(script);
  },
};
