import { describe, expect, it } from 'vitest';
import { measureGrowth } from './growth.ts';
import { SMOKE_PLAN } from './plan.ts';
import type { Subject } from './subject.ts';
import type { Workload } from './workload.ts';
import { createWorkload } from './workload.ts';

/** Does the work at once, and writes down who was asked. */
function createSubject(name: string, work: Workload, log: string[]): Subject {
  return {
    start: async () => {},
    async runChains(inputs, stages) {
      log.push(name);
      return inputs.map((input) => {
        let payload = input;
        for (let stage = 0; stage < stages; stage++) payload = work.perform(payload);
        return payload;
      });
    },
    async fanOut(input, width) {
      log.push(name);
      const root = work.perform(input);
      return work.performJoin(Array.from({ length: width }, (_, item) => work.performItem(root, item)));
    },
    async stop() {
      log.push(`${name} stopped`);
    },
  };
}

describe('the bench of a full database beside an empty one', () => {
  it('asks both equally often, each first by turns, and gives the ratio of each round', async () => {
    const log: string[] = [];
    const work = createWorkload();
    const startBeside = async () => createSubject('empty', work, log);
    const subject = { ...createSubject('full', work, log), startBeside };
    const plan = { ...SMOKE_PLAN, growthRounds: 4 };
    const measurements = await measureGrowth({ subject, work, plan });

    expect(log.at(-1)).toBe('empty stopped');
    expect(log.filter((name) => name === 'full')).toHaveLength(log.filter((name) => name === 'empty').length);
    const perRound = (log.length - 1) / 7;
    expect([log[0], log[perRound]]).toEqual(['full', 'empty']);
    expect(measurements.map(({ metric, values }) => [metric, values.length])).toEqual(
      ['throughput', 'hop p50', 'fan-out'].flatMap((name) =>
        ['full', 'empty', 'full / empty'].map((side) => [`${name}, ${side}`, 4]),
      ),
    );
    const valuesOf = (metric: string) => measurements.find((one) => one.metric === metric)?.values ?? [];
    const [full, empty, ratio] = ['full', 'empty', 'full / empty'].map((side) =>
      valuesOf(`hop p50, ${side}`),
    );
    expect(ratio).toEqual(full?.map((value, at) => value / (empty?.[at] ?? Number.NaN)));
  });

  it('has nothing to say of an engine that has no database beside its own', async () => {
    const work = createWorkload();
    expect(await measureGrowth({ subject: createSubject('full', work, []), work, plan: SMOKE_PLAN })).toEqual(
      [],
    );
  });
});
