#!/usr/bin/env node
// @ts-check
import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import { parseArgs } from 'node:util';
import { SignalboxError } from '../sdk/typescript/index.mjs';
import { agents } from './commands/agents.mjs';
import { completion } from './commands/completion.mjs';
import { doctor } from './commands/doctor.mjs';
import { keys } from './commands/keys.mjs';
import { login, logout } from './commands/login.mjs';
import { logs } from './commands/logs.mjs';
import { mcp } from './commands/mcp.mjs';
import { orgs } from './commands/orgs.mjs';
import { pipelines } from './commands/pipelines.mjs';
import { queues } from './commands/queues.mjs';
import { cancel, pause, replay, resume, retry, reveal, run, runs } from './commands/runs.mjs';
import { serve } from './commands/serve.mjs';
import { task } from './commands/task.mjs';
import { version } from './commands/version.mjs';
import { complete } from './complete.mjs';
import { aboutKey, connect } from './connect.mjs';
import { goWithNpx } from './npx.mjs';
import { cleanLines, createOutput } from './output.mjs';
import { EXIT, UsageError } from './usage.mjs';

/** @import { Command, Option } from './usage.mjs' */

/** @type {Record<string, Command>} */
const COMMANDS = {
  ...{ run, runs, logs, reveal, replay, retry, cancel, pause, resume },
  ...{ pipelines, task, serve, agents, queues, keys, orgs, mcp, login, logout, doctor, version, completion },
};

/** @type {Record<string, Option>} */
const EVERYWHERE = {
  json: { type: 'boolean', about: 'write JSON' },
  url: {
    type: 'string',
    about: 'the server; left out, SIGNALBOX_URL, that of the last login, or of the data folder',
  },
  token: { type: 'string', about: 'left out, SIGNALBOX_TOKEN, a login, or the secret in the data folder' },
  help: { type: 'boolean', short: 'h', about: 'this' },
};

const LEAST_WIDTH = 18;

/** @param {Record<string, Option>} options */
function optionLines(options) {
  const lines = Object.entries(options).map(([name, { short, type, about }]) => ({
    word: `${short ? `-${short}, ` : ''}--${name}${type === 'string' ? ' …' : ''}`,
    about,
  }));
  const width = Math.max(LEAST_WIDTH, ...lines.map(({ word }) => word.length));
  return lines.map(({ word, about }) => `  ${word.padEnd(width)} ${about}`);
}

function help() {
  const lines = Object.entries(COMMANDS).map(([name, { about }]) => `  ${name.padEnd(LEAST_WIDTH)} ${about}`);
  const codes =
    'Exit codes: 0 done, 1 the run (or what was checked) failed, 2 not understood, 3 refused or not reached.';
  return [
    'signalbox COMMAND [options]',
    'signalbox --version',
    '',
    ...lines,
    '',
    ...optionLines(EVERYWHERE),
    '',
    codes,
  ].join('\n');
}

/** @param {string} name @param {Command} command */
function helpOn(name, { about, args = '', options = {} }) {
  const usage = `signalbox ${name} ${args}`.trimEnd();
  return [usage, '', about, '', ...optionLines({ ...options, ...EVERYWHERE })].join('\n');
}

/** @param {Command} command @param {string[]} given */
function read({ options = {} }, given) {
  const all = { ...options, ...EVERYWHERE };
  const config = Object.fromEntries(
    Object.entries(all).map(([name, { type, short, multiple = false }]) => [
      name,
      { type, ...(short ? { short } : {}), multiple },
    ]),
  );
  try {
    const { values, positionals } = parseArgs({ args: given, options: config, allowPositionals: true });
    return { options: /** @type {Record<string, any>} */ (values), args: positionals };
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error), 'See --help.');
  }
}

/** @param {string} name */
function commandOf(name) {
  if (Object.hasOwn(COMMANDS, name)) return /** @type {Command} */ (COMMANDS[name]);
  throw name.startsWith('-')
    ? new UsageError(`${name} comes before the command.`, `Write it after: signalbox COMMAND ${name}`)
    : new UsageError(`There is no command ${name}.`, 'See signalbox --help.');
}

/** @param {string} name @param {Command} command @param {string[]} args */
function checkCount(name, { args: wanted = '', least = 0, most, words = [] }, args) {
  if (args.length < least) {
    throw new UsageError(`signalbox ${name} needs ${wanted}.`, `See signalbox ${name} --help.`);
  }
  const [tooMuch] = args.slice(most ?? words.length);
  if (tooMuch === undefined) return;
  throw new UsageError(
    `signalbox ${name} cannot do anything with ${JSON.stringify(tooMuch)}.`,
    `A name with blanks stands in quotes. See signalbox ${name} --help.`,
  );
}

/** @param {string[]} argv */
async function main([given = '', ...rest]) {
  const [wanted = ''] = rest;
  if (given === 'help' && wanted !== '') return main([wanted, '--help']);
  const name = given === '--version' || given === '-v' ? 'version' : given;
  if (name === '' || name === '--help' || name === '-h' || name === 'help') {
    process.stdout.write(`${help()}\n`);
    return name === '' ? EXIT.usage : EXIT.ok;
  }
  if (name === 'complete') {
    const words = rest[0] === '--' ? rest.slice(1) : rest;
    const found = await complete(words, { commands: COMMANDS, everywhere: EVERYWHERE });
    process.stdout.write(found.map((word) => `${word}\n`).join(''));
    return EXIT.ok;
  }
  const command = commandOf(name);
  const { options, args } = read(command, rest);
  if (options.help) {
    process.stdout.write(`${helpOn(name, command)}\n`);
    return EXIT.ok;
  }
  checkCount(name, command, args);
  goWithNpx();
  const out = createOutput({ isJson: options.json === true });
  const run = async () => command.run({ args, options, out, client: () => connect(options) });
  return (await run().catch((error) => Promise.reject(aboutKey(error, options)))) ?? EXIT.ok;
}

/** Node says it for programmers. @type {Readonly<Record<string, (path: string) => string>>} */
const NO_FILE = {
  ENOENT: (path) =>
    existsSync(dirname(path)) ? `There is no file ${path}.` : `There is no folder ${dirname(path)}.`,
  EISDIR: (path) => `${path || 'This'} is a folder, not a file.`,
  EACCES: (path) => `The file ${path} may not be read or written by you.`,
};

/** @param {unknown} error */
function inWords(error) {
  const { code = '', path = '' } = /** @type {{ code?: string, path?: string }} */ (error ?? {});
  const say = error instanceof Error && Object.hasOwn(NO_FILE, code) ? NO_FILE[code] : undefined;
  return say ? new UsageError(say(path), 'Check the path. A dash (-) stands for what is piped in.') : error;
}

/** @param {unknown} given */
function explain(given) {
  const error = inWords(given);
  const isOurs = error instanceof SignalboxError || error instanceof UsageError;
  const { message, code } = /** @type {{ message: string, code?: string }} */ (
    error instanceof Error ? error : { message: String(error) }
  );
  const advice = isOurs ? error.advice : undefined;
  if (process.argv.includes('--json')) process.stderr.write(`${JSON.stringify({ code, message, advice })}\n`);
  else process.stderr.write(cleanLines(`✖ ${message}\n${advice ? `  What to do: ${advice}\n` : ''}`));
  if (error instanceof UsageError) return EXIT.usage;
  return EXIT.refused;
}

// A reader such as `head` that has enough is no error.
process.stdout.on('error', () => process.exit());
process.exitCode = await main(process.argv.slice(2)).catch(explain);
