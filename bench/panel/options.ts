import { parseArgs } from 'node:util';
import { PANEL_BENCH_NAMES, type PanelBenchName } from './benches.ts';
import { PROFILES, type Profile } from './plan.ts';

export interface PanelOptions {
  only: readonly PanelBenchName[];
  json?: string;
  profiles: readonly Profile[];
  repeats: number;
  logSeconds: number;
  runs: number;
  /** A data folder that stays, with the runs that were made in it. */
  keep?: string;
  help: boolean;
}

export const HELP = `npm run bench:panel -- [options]

  --only NAME[,NAME]   benches to run: ${PANEL_BENCH_NAMES.join(', ')} (default: all)
  --json FILE          also write one JSON object a line to FILE
  --slow, --fast       only with the processor four times slower, or only as it is (default: both)
  --repeats N          how often each page is opened (default: 5)
  --log-seconds N      how long the log is written (default: 60)
  --runs N             how many runs the history has (default: 1000000; about 20 minutes and 16 GB to make)
  --keep DIR           keep the program's data and its history in DIR, and use them again
  --help               this text`;

export function readPanelOptions(args: readonly string[]): PanelOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      only: { type: 'string' },
      json: { type: 'string' },
      slow: { type: 'boolean', default: false },
      fast: { type: 'boolean', default: false },
      repeats: { type: 'string', default: '5' },
      'log-seconds': { type: 'string', default: '60' },
      runs: { type: 'string', default: '1000000' },
      keep: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  });
  const isWanted = (profile: Profile) => values.slow === values.fast || PROFILES[profile] > 1 === values.slow;
  return {
    only: values.only === undefined ? PANEL_BENCH_NAMES : values.only.split(',').map(toBench),
    ...(values.json !== undefined && { json: values.json }),
    profiles: (Object.keys(PROFILES) as Profile[]).filter(isWanted),
    repeats: toCount('--repeats', values.repeats),
    logSeconds: toCount('--log-seconds', values['log-seconds']),
    runs: toCount('--runs', values.runs),
    ...(values.keep !== undefined && { keep: values.keep }),
    help: values.help,
  };
}

function toCount(option: string, text: string): number {
  const count = Number(text);
  if (Number.isInteger(count) && count > 0) return count;
  throw new Error(`${option} needs a whole number above 0, and not ${text}.`);
}

function toBench(text: string): PanelBenchName {
  const bench = PANEL_BENCH_NAMES.find((name) => name === text.trim());
  if (!bench)
    throw new Error(`There is no bench named ${text}. The benches are: ${PANEL_BENCH_NAMES.join(', ')}.`);
  return bench;
}
