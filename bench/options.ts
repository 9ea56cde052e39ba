import { parseArgs } from 'node:util';
import type { Bench } from './benches.ts';
import { BENCHES, USUAL_BENCHES } from './benches.ts';

export interface Options {
  only: readonly Bench[];
  /** Absent: all. A name may end in `*`. */
  subjects?: readonly string[];
  json?: string;
  dataDir?: string;
  /** Absent: nothing outlives the command. */
  keep?: string;
  quick: boolean;
  /** Absent: as the plan says. */
  soakSeconds?: number;
  /** The whole pass so often, one after the other: what disturbs one does not disturb all. */
  rounds: number;
  list: boolean;
  help: boolean;
}

export const HELP = `npm run bench -- [options]

  --only NAME[,NAME]      benches to run: ${BENCHES.join(', ')} (default: all but live, mcp, agents,
                          finding and soak)
  --subjects NAME[,NAME]  subjects to run; * at the end matches all that begin so (default: all but those
                          that --list marks)
  --json FILE             also write one JSON object a line to FILE
  --quick                 short laps, few repeats: to try things, not to quote
  --rounds N              the whole pass N times; a table then holds the repeats of all
  --soak-seconds N        how long the soak lasts (default: 600; 30 with --quick)
  --data-dir DIR          where the private servers keep their data (default: a disk-backed temporary folder)
  --keep DIR              keep the databases that were filled before they were measured, and use them again
  --list                  list the subjects and stop
  --help                  this text`;

export function readOptions(args: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...args],
    options: {
      only: { type: 'string' },
      subjects: { type: 'string' },
      json: { type: 'string' },
      'data-dir': { type: 'string' },
      keep: { type: 'string' },
      rounds: { type: 'string', default: '1' },
      'soak-seconds': { type: 'string' },
      quick: { type: 'boolean', default: false },
      list: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  return {
    only: values.only === undefined ? USUAL_BENCHES : splitNames(values.only).map(toBench),
    ...(values.subjects !== undefined && { subjects: splitNames(values.subjects) }),
    ...(values.json !== undefined && { json: values.json }),
    ...(values['data-dir'] !== undefined && { dataDir: values['data-dir'] }),
    ...(values.keep !== undefined && { keep: values.keep }),
    ...(values['soak-seconds'] !== undefined && {
      soakSeconds: toCount('--soak-seconds', values['soak-seconds']),
    }),
    rounds: toCount('--rounds', values.rounds),
    quick: values.quick,
    list: values.list,
    help: values.help,
  };
}

function toCount(option: string, text: string): number {
  const count = Number(text);
  if (Number.isInteger(count) && count > 0) return count;
  throw new Error(`${option} needs a whole number above 0, and not ${text}.`);
}

function splitNames(text: string): string[] {
  return text
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
}

function toBench(name: string): Bench {
  const bench = BENCHES.find((known) => known === name);
  if (!bench) throw new Error(`There is no bench named ${name}. The benches are: ${BENCHES.join(', ')}.`);
  return bench;
}

/** All that match, in catalogue order; a pattern that matches nothing is a mistake worth telling. */
export function selectNames(names: readonly string[], patterns: readonly string[] | undefined): string[] {
  if (!patterns) return [...names];
  const matches = (name: string, pattern: string) =>
    pattern.endsWith('*') ? name.startsWith(pattern.slice(0, -1)) : name === pattern;
  const idle = patterns.find((pattern) => !names.some((name) => matches(name, pattern)));
  if (idle !== undefined)
    throw new Error(`There is no subject named ${idle}. The subjects are: ${names.join(', ')}.`);
  return names.filter((name) => patterns.some((pattern) => matches(name, pattern)));
}
