import type { ChildProcess } from 'node:child_process';
import { fork } from 'node:child_process';
import { join } from 'node:path';
import type { InnerBench } from './benches.ts';
import { isNode, listProcessTree, readMemoryMib } from './machine.ts';
import type { Measurement, Plan } from './plan.ts';
import type { Command, Report, SubjectOrder } from './subject-process.ts';

/** The subject's process as the harness sees it. */
export interface RunningSubject {
  /** From the start of the process until it said that it takes work. */
  readyAfterMs: number;
  measure(bench: InnerBench, plan: Plan): Promise<Measurement[]>;
  /** Memory of the Node processes of the subject, and of all others that it started. */
  readMemory(): { nodeMib: number; otherMib: number };
  stop(): Promise<void>;
}

const START_TIMEOUT_MS = 60_000;
const STOP_TIMEOUT_MS = 30_000;

/** `processes` keeps every process until it has ended, so that the harness can kill what it leaves behind. */
export async function startSubject(
  order: SubjectOrder,
  options: { benchTimeoutMs: number; processes: Set<ChildProcess> },
): Promise<RunningSubject> {
  const startedAt = performance.now();
  const child = fork(join(import.meta.dirname, 'subject-process.ts'), [JSON.stringify(order)], {
    stdio: 'inherit',
    // What engines still use is not ours to change, and would tear the progress line apart.
    execArgv: ['--disable-warning=DeprecationWarning', '--disable-warning=ExperimentalWarning'],
  });
  options.processes.add(child);
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  void ended.then(() => options.processes.delete(child));

  try {
    await waitForReport(child, 'ready', START_TIMEOUT_MS);
  } catch (error) {
    child.kill('SIGKILL');
    throw error;
  }
  const readyAfterMs = performance.now() - startedAt;
  const send = (command: Command) => child.send(command);

  return {
    readyAfterMs,
    async measure(bench, plan) {
      send({ type: 'bench', bench, plan });
      const soakMs = bench === 'soak' ? 2 * plan.soakMs : 0;
      const report = await waitForReport(child, 'measured', options.benchTimeoutMs + soakMs);
      return report.measurements;
    },
    readMemory() {
      const { node = [], other = [] } = Object.groupBy(listProcessTree(child.pid ?? 0), (pid) =>
        isNode(pid) ? 'node' : 'other',
      );
      return { nodeMib: readMemoryMib(node), otherMib: readMemoryMib(other) };
    },
    async stop() {
      if (!child.connected) return ended;
      try {
        send({ type: 'stop' });
        await waitForReport(child, 'stopped', STOP_TIMEOUT_MS);
      } finally {
        setTimeout(() => child.kill('SIGKILL'), 2000).unref();
        await ended;
      }
    },
  };
}

function waitForReport<T extends Report['type']>(
  child: ChildProcess,
  type: T,
  timeoutMs: number,
): Promise<Extract<Report, { type: T }>> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(
      () => settle(() => reject(new Error(`No answer within ${timeoutMs / 1000} s.`))),
      timeoutMs,
    );
    const onExit = (code: number | null, signal: string | null) =>
      settle(() => reject(new Error(`The subject's process ended by itself (${signal ?? `code ${code}`}).`)));
    const onMessage = (report: Report) => {
      if (report.type === 'failed') settle(() => reject(new Error(report.message)));
      else if (isOfType(report, type)) settle(() => resolve(report));
    };
    function settle(act: () => void): void {
      clearTimeout(timer);
      child.off('exit', onExit);
      child.off('message', onMessage);
      act();
    }
    child.on('exit', onExit);
    child.on('message', onMessage);
  });
}

function isOfType<T extends Report['type']>(report: Report, type: T): report is Extract<Report, { type: T }> {
  return report.type === type;
}
