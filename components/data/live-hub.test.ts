import { EventEmitter } from 'node:events';
import { describe, expect, test } from 'vitest';
import type { LiveTarget, RunNews } from '../../server/domain/live.ts';
import { createLiveHub, type LiveSocket } from './live-hub.ts';

/** A line that the test cuts and mends; what the hub says through it is kept. */
function makeLine() {
  const heard = new EventEmitter();
  const said: [string, LiveTarget[]][] = [];
  const line = {
    connected: false,
    active: true,
    on: (name: string, listener: () => void) => heard.on(name, listener),
    emit: (name: string, targets: LiveTarget[]) => said.push([name, targets]),
    disconnect: () => undefined,
  };
  return {
    socket: line as unknown as LiveSocket,
    said,
    open() {
      line.connected = true;
      heard.emit('connect');
    },
    cut() {
      line.connected = false;
      heard.emit('disconnect');
    },
    deny() {
      line.active = false;
      heard.emit('connect_error');
    },
    tell: (name: string, ...words: unknown[]) => heard.emit(name, ...words),
  };
}

const RUN = { run_id: `run_${'1'.repeat(32)}` } as LiveTarget;
const news = (runId: string) => [{ runId, pipelineId: null }] as unknown as RunNews[];

describe('the line of the panel', () => {
  test('asks for a target once, however many listen, and lets go of it with the last', () => {
    const line = makeLine();
    const hub = createLiveHub(line.socket);
    line.open();
    const leave = [hub.listen(RUN, {}), hub.listen(RUN, {})];
    leave[0]?.();
    expect(line.said).toEqual([['subscribe', [RUN]]]);
    leave[1]?.();
    expect(line.said.at(-1)).toEqual(['unsubscribe', [RUN]]);
  });

  test('once there is a line, and after each cut, asks for everything and tells each listener that it may have missed something', () => {
    const line = makeLine();
    const hub = createLiveHub(line.socket);
    let gaps = 0;
    hub.listen(RUN, { onGap: () => gaps++ });
    line.open();
    expect([hub.lineState(), gaps]).toEqual(['live', 1]);
    line.cut();
    expect(hub.lineState()).toBe('cut');
    line.open();
    expect([hub.lineState(), gaps]).toEqual(['live', 2]);
    expect(line.said).toEqual([
      ['subscribe', [RUN]],
      ['subscribe', [RUN]],
    ]);
  });

  test('says whether nothing answers, or the server lets nobody in', () => {
    const line = makeLine();
    const hub = createLiveHub(line.socket);
    line.tell('connect_error');
    expect(hub.lineState()).toBe('cut');
    line.deny();
    expect(hub.lineState()).toBe('denied');
    line.open();
    expect(hub.lineState()).toBe('live');
    hub.close();
  });

  test('tells a listener of what it asked for and of nothing else', () => {
    const line = makeLine();
    const hub = createLiveHub(line.socket);
    const heard: string[] = [];
    const add = (runs: readonly RunNews[]) => heard.push(...runs.map(({ runId }) => runId));
    hub.listen(RUN, { onRuns: add });
    line.open();
    line.tell('run_news', [...news(`run_${'1'.repeat(32)}`), ...news(`run_${'2'.repeat(32)}`)]);
    expect(heard).toEqual([`run_${'1'.repeat(32)}`]);
    hub.listen({ everything: true }, { onRuns: add });
    line.tell('run_news', news(`run_${'2'.repeat(32)}`));
    expect(heard).toEqual([`run_${'1'.repeat(32)}`, `run_${'2'.repeat(32)}`]);
  });
});
