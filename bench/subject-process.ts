/**
 * The process that one subject's engine and workers live in. The harness starts it, waits for `ready`,
 * asks for benches one by one, and tells it to stop. When the harness dies, it ends too.
 */
import type { InnerBench } from './benches.ts';
import { INNER_BENCHES } from './benches.ts';
import { loadDefinition } from './catalogue.ts';
import type { BenchContext, Measurement, Plan } from './plan.ts';
import type { ServiceUrls } from './subject.ts';
import { createWorkload } from './workload.ts';

export interface SubjectOrder {
  file: string;
  name: string;
  env: ServiceUrls;
}

export type Command = { type: 'bench'; bench: InnerBench; plan: Plan } | { type: 'stop' };

export type Report =
  | { type: 'ready' }
  | { type: 'measured'; measurements: Measurement[] }
  | { type: 'stopped' }
  | { type: 'failed'; message: string };

function report(message: Report): void {
  process.send?.(message);
}

function fail(error: unknown): void {
  report({
    type: 'failed',
    message: error instanceof Error ? (error.stack ?? error.message) : String(error),
  });
}

async function obey(command: Command, { subject, ...context }: Omit<BenchContext, 'plan'>): Promise<void> {
  if (command.type === 'bench') {
    const { bench, plan } = command;
    const measurements = await INNER_BENCHES[bench]({ subject, ...context, plan });
    report({ type: 'measured', measurements });
    return;
  }
  await subject.stop();
  report({ type: 'stopped' });
  process.disconnect();
}

async function main(): Promise<void> {
  // Ctrl-C reaches the whole terminal group; the harness decides when this process ends.
  process.on('SIGINT', () => {});
  process.on('disconnect', () => process.exit());
  process.on('unhandledRejection', fail);
  process.on('uncaughtException', fail);
  const order: SubjectOrder = JSON.parse(process.argv[2] ?? '{}');
  const work = createWorkload();
  const definition = await loadDefinition(order.file, order.name);
  const subject = await definition.create({ ...order.env, work });
  const { databaseUrl } = order.env;
  const context = { subject, work, ...(databaseUrl !== undefined && { databaseUrl }) };
  process.on('message', (command: Command) => obey(command, context).catch(fail));
  await subject.start();
  report({ type: 'ready' });
}

await main().catch(fail);
