// @ts-check
import { UsageError } from '../usage.mjs';

/** @import { Command } from '../usage.mjs' */

/** @type {Record<string, (words: string) => string>} */
const SCRIPTS = {
  bash: (words) => `complete -W "${words}" signalbox`,
  zsh: (words) => `#compdef signalbox\n_signalbox() { compadd ${words} }\ncompdef _signalbox signalbox`,
  fish: (words) => `complete -c signalbox -n __fish_use_subcommand -f -a "${words}"`,
};

/** @param {() => string[]} words @returns {Command} */
export function completionOf(words) {
  return {
    about: 'print a script for bash, zsh or fish: source <(signalbox completion bash)',
    args: Object.keys(SCRIPTS).join('|'),
    least: 1,
    async run({ args, out }) {
      const script = SCRIPTS[args[0] ?? ''];
      if (!script)
        throw new UsageError(`There is no completion for ${args[0]}.`, 'There is: bash, zsh, fish.');
      out.line(script(words().join(' ')));
    },
  };
}
