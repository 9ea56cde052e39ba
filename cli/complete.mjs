// @ts-check
import { connect } from './connect.mjs';
import { NAMES } from './names.mjs';

/** @import { Command, Option, Words } from './usage.mjs' */
/** @typedef {{ commands: Record<string, Command>, everywhere: Record<string, Option> }} Table */

/** Somebody has pressed a key and waits. */
const PATIENCE = { timeoutMs: 1000, retryForMs: 0 };

/**
 * What can stand where the cursor is. It asks the server for names, and whatever goes wrong offers nothing.
 * @param {string[]} words after `signalbox`; the last is what is being typed @param {Table} table
 */
export async function complete(words, table) {
  const current = words.at(-1) ?? '';
  const before = words.slice(0, -1);
  const found = await candidates(before, current, table).catch(() => []);
  return found.filter((word) => word.startsWith(current));
}

/** @param {string[]} before @param {string} current @param {Table} table @returns {Promise<string[]>} */
async function candidates([name, ...rest], current, { commands, everywhere }) {
  if (name === undefined) return [...Object.keys(commands), '--help', '--version'];
  const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (!command) return [];
  const options = { ...command.options, ...everywhere };
  const { args, given, open } = read(rest, options);
  if (open) return resolve(open.words ?? [], { given, current });
  if (current.startsWith('-')) return Object.keys(options).map((option) => `--${option}`);
  return resolve(command.words?.[args.length]?.({ args }) ?? [], { given, current });
}

/**
 * Like the parser, but of what is half typed: `open` is an option whose value comes next.
 * @param {string[]} words @param {Record<string, Option>} options
 */
function read(words, options) {
  /** @type {string[]} */
  const args = [];
  /** @type {Record<string, string>} */
  const given = {};
  let open = '';
  for (const word of words) {
    if (open) {
      given[open] = word;
      open = '';
    } else if (word.startsWith('-')) open = valueless(word, options) ? '' : optionOf(word, options);
    else args.push(word);
  }
  return { args, given, open: options[open] };
}

/** @param {string} word @param {Record<string, Option>} options */
function optionOf(word, options) {
  const wanted = word.replace(/^--?/, '');
  if (word.startsWith('--')) return Object.hasOwn(options, wanted) ? wanted : '';
  return Object.keys(options).find((name) => options[name]?.short === wanted) ?? '';
}

/** @param {string} word @param {Record<string, Option>} options */
const valueless = (word, options) =>
  word.includes('=') || options[optionOf(word, options)]?.type !== 'string';

/** @param {Words} words @param {{ given: Record<string, string>, current: string }} typed */
async function resolve(words, { given, current }) {
  return typeof words === 'string' ? NAMES[words](connect(given, PATIENCE), current) : [...words];
}
