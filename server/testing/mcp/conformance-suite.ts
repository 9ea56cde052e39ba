import { execFile } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { parse } from 'yaml';

const SUITE = fileURLToPath(
  new URL('../../../node_modules/@modelcontextprotocol/conformance/', import.meta.url),
);

export interface Check {
  id: string;
  status: 'SUCCESS' | 'FAILURE' | 'WARNING' | 'SKIPPED' | 'INFO';
  errorMessage?: string;
}

/** What a revision of the protocol requires, as the suite has it written down: by scenario what was checked. */
export interface SuiteRun {
  scored: string[];
  checks: Map<string, Check[]>;
}

interface Order {
  revision: string;
  /** The suite writes what it found there. */
  folder: string;
  /** Scenarios that are known to fail, which are not tried again. */
  cannot?: readonly string[];
}

/** The official conformance suite on a server. */
export async function checkServer(url: string, order: Order): Promise<SuiteRun> {
  const side = { ...order, side: 'server' as const };
  const { revision } = order;
  await start(['server', '--url', url, '--requirements', revision], side);
  const again = (scenario: string) =>
    start(['server', '--url', url, '--scenario', scenario, '--spec-version', revision], side);
  return readUntilCertain(side, again);
}

const PATIENCE = ['--timeout', '200000'];

/** The same on a client: each scenario starts the program with the address of a server of its own. */
export async function checkClient(command: string, order: Order): Promise<SuiteRun> {
  const side = { ...order, side: 'client' as const };
  const { revision } = order;
  const by = ['client', '--command', command, ...PATIENCE];
  const again = (scenario: string) =>
    start([...by, '--scenario', scenario, '--spec-version', revision], side);
  await start([...by, '--requirements', revision], side);
  return readUntilCertain(side, again);
}

const TIMES_AGAIN = 2;
/** More is not the machine's fault. */
const MAX_AGAIN = 4;

/** The suite waits for so long and no longer, which a busy machine may miss: what is wrong is wrong every time. */
async function readUntilCertain(side: Side, again: (scenario: string) => Promise<void>): Promise<SuiteRun> {
  const { scored } = await readRequired(side);
  let run = await readRun(scored, side);
  for (let time = 0; time < TIMES_AGAIN; time += 1) {
    const failed = failedScenarios(run).filter((scenario) => !side.cannot?.includes(scenario));
    if (failed.length === 0 || failed.length > MAX_AGAIN) break;
    for (const scenario of failed) await again(scenario);
    run = await readRun(scored, side);
  }
  return run;
}

interface Side extends Order {
  side: 'server' | 'client';
}

const outOf = ({ folder, side, revision }: Side): string => join(folder, `${side}-${revision}`);

/** It ends with an error for what is not scored too: its verdict is read from what it has written. */
async function start(args: string[], side: Side): Promise<void> {
  const all = [join(SUITE, 'dist/index.js'), ...args, '-o', outOf(side)];
  await promisify(execFile)(process.execPath, all, { maxBuffer: 100_000_000 }).catch(() => undefined);
}

async function readRequired({ revision, side }: Side): Promise<{ scored: string[] }> {
  return { scored: parse(await readFile(join(SUITE, `requirements/${revision}.yaml`), 'utf8'))[side] };
}

async function readRun(scored: string[], side: Side): Promise<SuiteRun> {
  const out = outOf(side);
  const checks = new Map<string, Check[]>();
  // The last one of each counts: when it was stands in its name.
  for (const name of (await foldersIn(out)).sort()) {
    const begin = side.side === 'server' ? 'server-' : '';
    const scenario = scored.find((one) => name.startsWith(`${begin}${one}-2`));
    if (!scenario) continue;
    checks.set(scenario, JSON.parse(await readFile(join(out, name, 'checks.json'), 'utf8')));
  }
  return { scored, checks };
}

/** Names of some scenarios have folders in them. */
async function foldersIn(out: string): Promise<string[]> {
  const entries = await readdir(out, { recursive: true });
  return entries
    .filter((entry) => entry.endsWith('/checks.json'))
    .map((entry) => entry.slice(0, -'/checks.json'.length));
}

const isBad = ({ status }: Check): boolean => status === 'FAILURE' || status === 'WARNING';

export function failuresOf({ checks }: SuiteRun): string[] {
  return [...checks].flatMap(([scenario, all]) =>
    all.filter(isBad).map(({ id, errorMessage }) => `${scenario} ${id}: ${errorMessage}`),
  );
}

/** Scenarios that were run and in which something is wrong, or nothing was right. */
export function failedScenarios({ scored, checks }: SuiteRun): string[] {
  return scored.filter((scenario) => {
    const all = checks.get(scenario) ?? [];
    return all.some(isBad) || !all.some(({ status }) => status === 'SUCCESS');
  });
}
