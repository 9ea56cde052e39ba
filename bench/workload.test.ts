import { describe, expect, it } from 'vitest';
import type { CheckedWorkload, Payload } from './workload.ts';
import { createWorkload } from './workload.ts';

const STAGES = 5;

function runChain(work: CheckedWorkload, input: Payload, stages = STAGES): Payload {
  let payload = input;
  for (let stage = 0; stage < stages; stage++) payload = work.perform(payload);
  return payload;
}

function runFanOut(work: CheckedWorkload, input: Payload, width: number): Payload {
  const root = work.perform(input);
  return work.performJoin(Array.from({ length: width }, (_, item) => work.performItem(root, item)));
}

describe('the workload', () => {
  it('accepts chains and fan-outs in which every stage ran once', () => {
    const work = createWorkload();
    const chains = work.beginLap(20).map((input) => runChain(work, input));
    expect(() => work.checkChains(chains, STAGES)).not.toThrow();
    const [input] = work.beginLap(1) as [Payload];
    expect(() => work.checkFanOut(runFanOut(work, input, 50), 50)).not.toThrow();
  });

  it('passes about 200 bytes of JSON between stages', () => {
    const work = createWorkload();
    const [input] = work.beginLap(1) as [Payload];
    for (const payload of [input, work.perform(input)]) {
      expect(JSON.stringify(payload).length).toBeGreaterThan(170);
      expect(JSON.stringify(payload).length).toBeLessThan(230);
    }
  });

  it('notices a stage that was left out, though a result arrived', () => {
    const work = createWorkload();
    const outputs = work.beginLap(3).map((input) => runChain(work, input, STAGES - 1));
    expect(() => work.checkChains(outputs, STAGES)).toThrow(/wrong result/);
  });

  it('notices a stage that ran twice', () => {
    const work = createWorkload();
    const inputs = work.beginLap(3);
    const outputs = inputs.map((input) => runChain(work, input));
    work.perform(inputs[1] as Payload);
    expect(() => work.checkChains(outputs, STAGES)).toThrow(/Stage 0 of run 1 ran 2 times/);
  });

  it('notices a run whose result never arrived', () => {
    const work = createWorkload();
    const outputs = work.beginLap(3).map((input) => runChain(work, input));
    expect(() => work.checkChains(outputs.slice(1), STAGES)).toThrow(/2 results came back from 3 runs/);
  });

  it('notices results handed back for the wrong run', () => {
    const work = createWorkload();
    const outputs = work.beginLap(3).map((input) => runChain(work, input));
    expect(() => work.checkChains(outputs.reverse(), STAGES)).toThrow(/wrong result/);
  });

  it('notices results that were computed without running the stages here', () => {
    const [work, elsewhere] = [createWorkload(), createWorkload()];
    const outputs = work.beginLap(3).map((input) => runChain(elsewhere, input));
    expect(() => work.checkChains(outputs, STAGES)).toThrow(/0 stages ran, 15 should have/);
  });

  it('counts stages that a second process ran', () => {
    const [work, elsewhere] = [createWorkload(), createWorkload()];
    const outputs = work.beginLap(4).map((input) => runChain(input.run % 2 ? work : elsewhere, input));
    work.addCounts(elsewhere.takeCounts());
    expect(() => work.checkChains(outputs, STAGES)).not.toThrow();
  });

  it('counts a stage of a second process once, however often that one is asked', () => {
    const [work, elsewhere] = [createWorkload(), createWorkload()];
    const outputs = work.beginLap(4).map((input) => runChain(elsewhere, input));
    work.addCounts(elsewhere.takeCounts());
    work.addCounts(elsewhere.takeCounts());
    expect(() => work.checkChains(outputs, STAGES)).not.toThrow();
  });

  it('notices a stage that a second process ran again after it was asked', () => {
    const [work, elsewhere] = [createWorkload(), createWorkload()];
    const inputs = work.beginLap(1);
    const outputs = inputs.map((input) => runChain(elsewhere, input));
    work.addCounts(elsewhere.takeCounts());
    elsewhere.perform(inputs[0] as Payload);
    work.addCounts(elsewhere.takeCounts());
    expect(() => work.checkChains(outputs, STAGES)).toThrow(/ran 2 times/);
  });

  it('notices a stage that both processes ran', () => {
    const [work, elsewhere] = [createWorkload(), createWorkload()];
    const inputs = work.beginLap(2);
    const outputs = inputs.map((input) => runChain(work, input));
    elsewhere.perform(inputs[0] as Payload);
    work.addCounts(elsewhere.takeCounts());
    expect(() => work.checkChains(outputs, STAGES)).toThrow(/ran 2 times/);
  });

  it('notices a stage that ran after its lap was over', () => {
    const work = createWorkload();
    const [late] = work.beginLap(1) as [Payload];
    const outputs = work.beginLap(1).map((input) => runChain(work, input));
    work.perform(late);
    expect(() => work.checkChains(outputs, STAGES)).toThrow(/ran again after their lap/);
  });

  it('notices a join that got the same item twice in place of another', () => {
    const work = createWorkload();
    const [input] = work.beginLap(1) as [Payload];
    const root = work.perform(input);
    const items = Array.from({ length: 10 }, (_, item) => work.performItem(root, item));
    const output = work.performJoin([...items.slice(1), items[1] as Payload]);
    expect(() => work.checkFanOut(output, 10)).toThrow(/wrong result/);
  });
});
