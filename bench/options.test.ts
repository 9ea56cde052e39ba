import { describe, expect, it } from 'vitest';
import { USUAL_BENCHES } from './benches.ts';
import { readOptions, selectNames } from './options.ts';

describe('readOptions', () => {
  it('runs every bench but the long one on every subject, once, unless told otherwise', () => {
    const usual = { only: USUAL_BENCHES, quick: false, rounds: 1, list: false, help: false };
    expect(readOptions([])).toEqual(usual);
    expect(USUAL_BENCHES).not.toContain('soak');
  });

  it('takes the length of the soak and the number of rounds', () => {
    const options = readOptions(['--only', 'soak', '--soak-seconds', '20', '--rounds', '3']);
    expect(options).toMatchObject({ only: ['soak'], soakSeconds: 20, rounds: 3 });
  });

  it.each(['0', '-1', '1.5', 'many'])('refuses %s as a number of rounds', (text) => {
    expect(() => readOptions([`--rounds=${text}`])).toThrow(/--rounds needs a whole number/);
  });

  it('takes lists, a file and the quick mode', () => {
    const options = readOptions([
      '--only',
      'hop, chain',
      '--subjects',
      'a,b*',
      '--json',
      'out.jsonl',
      '--quick',
    ]);
    expect(options).toMatchObject({
      only: ['hop', 'chain'],
      subjects: ['a', 'b*'],
      json: 'out.jsonl',
      quick: true,
    });
  });

  it('names the known benches when one is unknown', () => {
    expect(() => readOptions(['--only', 'hops'])).toThrow(/no bench named hops.*chain, hop/);
  });

  it('refuses an option that does not exist', () => {
    expect(() => readOptions(['--fast'])).toThrow(/--fast/);
  });
});

describe('selectNames', () => {
  const names = ['signalbox-embedded', 'bullmq-mem', 'bullmq-aof', 'dbos'];

  it('keeps the order of the catalogue', () => {
    expect(selectNames(names, ['dbos', 'bullmq-mem'])).toEqual(['bullmq-mem', 'dbos']);
  });

  it('lets a star match what follows', () => {
    expect(selectNames(names, ['bullmq*'])).toEqual(['bullmq-mem', 'bullmq-aof']);
  });

  it('tells which name matches nothing', () => {
    expect(() => selectNames(names, ['dbos', 'bull'])).toThrow(/no subject named bull\./);
  });
});
