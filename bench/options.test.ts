import { describe, expect, it } from 'vitest';
import { BENCHES } from './benches.ts';
import { readOptions, selectNames } from './options.ts';

describe('readOptions', () => {
  it('runs every bench on every subject unless told otherwise', () => {
    expect(readOptions([])).toEqual({ only: BENCHES, quick: false, list: false, help: false });
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
