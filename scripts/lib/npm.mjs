import { existsSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { Failure } from './failure.mjs';
import { lastLines, run } from './run.mjs';

const NETWORK =
  /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|ERR_SOCKET_TIMEOUT|E50\d|EPROTO|CERT_/;
const NO_SPACE = /ENOSPC/;
const NO_RIGHT = /EACCES|EPERM|EROFS/;
const BROKEN = /EINTEGRITY|ENOTCACHED|TAR_|Z_DATA_ERROR|Z_BUF_ERROR|unexpected end/i;

/** npm as `node npm-cli.js`, so that it runs on the Node we chose and not on the first one on the PATH. */
function findNpm() {
  const { npm_execpath: execPath } = process.env;
  const beside = dirname(process.execPath);
  const candidates = [
    execPath?.endsWith('npm-cli.js') ? execPath : undefined,
    join(beside, '../lib/node_modules/npm/bin/npm-cli.js'),
    join(beside, 'node_modules/npm/bin/npm-cli.js'),
  ];
  const cli = candidates.find((path) => path !== undefined && existsSync(path));
  return cli === undefined ? { command: 'npm', before: [] } : { command: process.execPath, before: [cli] };
}

/** The environment in which `node` means the Node that runs this script, for npm's and packages' own scripts. */
export function withThisNode(env = process.env) {
  return { ...env, PATH: `${dirname(process.execPath)}${delimiter}${env.PATH ?? ''}` };
}

function explain(output) {
  const found = [
    [
      NETWORK,
      'The npm registry could not be reached.',
      'Check the network, the proxy (HTTPS_PROXY) and `npm config get registry`, then run the command again.',
    ],
    [NO_SPACE, 'The disk is full.', 'Free some space, then run the command again.'],
    [
      NO_RIGHT,
      'A folder may not be written.',
      'Check who owns the checkout and the npm cache (`npm config get cache`).',
    ],
    [
      BROKEN,
      'A download arrived broken.',
      'Run the command again; if it stays, `npm cache clean --force` first.',
    ],
  ].find(([pattern]) => pattern.test(output));
  const [, why, todo] = found ?? [null, 'npm failed.', 'What npm said is above.'];
  return { why, todo };
}

/**
 * Runs npm quietly. On failure shows what npm said and throws a Failure that explains it.
 * @param {string[]} args @param {{ cwd: string, what: string }} options
 */
export async function runNpm(args, { cwd, what }) {
  const { command, before } = findNpm();
  const { code, output } = await run(
    command,
    [...before, ...args, '--no-audit', '--no-fund', '--loglevel=error'],
    {
      cwd,
      env: withThisNode(),
    },
  );
  if (code === 0) return;
  console.error(`\n${lastLines(output)}\n`);
  throw new Failure(what, explain(output));
}

/** Runs npm and hands back what came of it, for callers that judge the outcome themselves. */
export function tryNpm(args, { cwd }) {
  const { command, before } = findNpm();
  return run(command, [...before, ...args], { cwd, env: withThisNode() });
}
