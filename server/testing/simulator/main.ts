import { parseArgs } from 'node:util';
import { commandFor, simulate } from './simulate.ts';
import { SAFEGUARDS, type Safeguard } from './world.ts';

/** `npm run simulate -- --seed N`: one seed with its trace. `--seeds N` lives through many and stops at the first failure. */
const { values } = parseArgs({
  options: {
    seed: { type: 'string' },
    seeds: { type: 'string' },
    from: { type: 'string', default: '1' },
    without: { type: 'string' },
    quiet: { type: 'boolean', default: false },
  },
});

const say = (line: string) => process.stdout.write(`${line}\n`);

function readSafeguard(word: string | undefined): Safeguard | null {
  if (word === undefined) return null;
  const safeguard = SAFEGUARDS.find((known) => known === word);
  if (!safeguard) throw new Error(`--without takes one of ${SAFEGUARDS.join(', ')}, not ${word}.`);
  return safeguard;
}

function readNumber(name: string, word: string): number {
  const number = Number(word);
  if (!Number.isSafeInteger(number) || number < 0)
    throw new Error(`--${name} takes a whole number, not ${word}.`);
  return number;
}

function main(): number {
  const without = readSafeguard(values.without);
  const first = readNumber('seed', values.seed ?? values.from);
  const count = values.seed === undefined ? readNumber('seeds', values.seeds ?? '1000') : 1;
  const onTrace = values.seed !== undefined && !values.quiet ? { onTrace: say } : {};
  for (let seed = first; seed < first + count; seed += 1) {
    try {
      const { runs, tasks, events, healMs } = simulate({ seed, without, ...onTrace });
      if (count === 1)
        say(`seed ${seed}: ${runs} runs, ${tasks} tasks, ${events} events, healed in ${healMs} ms`);
    } catch (error) {
      say(`seed ${seed}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
      say(`See it again: ${commandFor(seed, without)}`);
      return 1;
    }
  }
  if (count > 1) say(`${count} seeds lived through, from ${first} on.`);
  return 0;
}

try {
  process.exitCode = main();
} catch (error) {
  say(error instanceof Error ? error.message : String(error));
  process.exitCode = 2;
}
