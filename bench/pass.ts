import type { ChildProcess } from 'node:child_process';
import { mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import type { Bench, InnerBench, Measurement, Plan } from './benches.ts';
import { INNER_BENCHES } from './benches.ts';
import type { CatalogueEntry } from './catalogue.ts';
import { readPackageVersion } from './catalogue.ts';
import type { Guardian } from './guardian.ts';
import { listProcessTree, probeMachine, readMemoryMib } from './machine.ts';
import type { Result, SubjectRecord } from './report.ts';
import type { Service } from './service-process.ts';
import type { ServiceSet } from './services.ts';
import { createServiceSet } from './services.ts';
import type { SubjectOrder } from './subject-process.ts';
import type { RunningSubject } from './subject-runner.ts';
import { startSubject } from './subject-runner.ts';

/** What has to be gone when the harness ends, however it ends. */
export interface Leftovers {
  processes: Set<ChildProcess>;
  services: Set<ServiceSet>;
  rootDir: string;
  guardian: Guardian;
}

export interface Pass {
  benches: readonly Bench[];
  plan: Plan;
  benchTimeoutMs: number;
  leftovers: Leftovers;
  onResults: (results: Result[]) => void;
}

/** All benches of one subject, on servers of its own. What was measured before a failure is kept. */
export async function runSubject({ file, definition }: CatalogueEntry, pass: Pass): Promise<SubjectRecord> {
  const { name, setting } = definition;
  const { leftovers } = pass;
  const versions = definition.packages.map((one) => `${one} ${readPackageVersion(one)}`);
  const probe = await probeMachine(leftovers.rootDir);
  const services = createServiceSet(
    await mkdtemp(join(leftovers.rootDir, `${name}-servers-`)),
    leftovers.guardian,
  );
  leftovers.services.add(services);
  process.stdout.write(`${name} ...`);
  try {
    const started: Service[] = [];
    for (const need of definition.services) started.push(await services.start(need));
    versions.unshift(...started.map(({ kind, version }) => `${kind} ${version}`));
    const fullSetting = [setting, ...started.map((service) => `${service.kind}: ${service.setting}`)].join(
      '; ',
    );
    const dataDir = await mkdtemp(join(leftovers.rootDir, `${name}-data-`));
    const order = { file, name, env: { dataDir, ...toUrls(started) } };
    await measureAll({ order, started, pass }, (bench, measurements) => {
      process.stdout.write(` ${bench}`);
      pass.onResults(measurements.map((one) => ({ bench, subject: name, setting: fullSetting, ...one })));
    });
    process.stdout.write('\n');
    return { definition, probe, versions: versions.join(', ') };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    process.stdout.write(`\n${name} failed: ${message}\n`);
    return { definition, probe, versions: versions.join(', '), error: message };
  } finally {
    await services.stop();
    leftovers.services.delete(services);
  }
}

function toUrls(services: readonly Service[]): Omit<SubjectOrder['env'], 'dataDir'> {
  const names = { postgres: 'databaseUrl', redis: 'redisUrl', rabbitmq: 'amqpUrl' } as const;
  return Object.fromEntries(services.map(({ kind, url }) => [names[kind], url]));
}

interface SubjectContext {
  order: SubjectOrder;
  started: readonly Service[];
  pass: Pass;
}

type OnMeasured = (bench: Bench, measurements: Measurement[]) => void;

async function measureAll(context: SubjectContext, onMeasured: OnMeasured): Promise<void> {
  const { benches, plan } = context.pass;
  if (benches.includes('startup')) onMeasured('startup', await measureStartup(context));
  const inner = benches.filter((bench) => isInner(bench));
  const wantsMemory = benches.includes('memory');
  if (inner.length === 0 && !wantsMemory) return;

  const subject = await start(context);
  try {
    // The chain comes first, so that memory is read right after it and before the other benches.
    if (wantsMemory || inner.includes('chain')) {
      const measurements = await subject.measure('chain', plan);
      if (inner.includes('chain')) onMeasured('chain', measurements);
    }
    if (wantsMemory) onMeasured('memory', readMemory(subject, context.started));
    for (const bench of inner.filter((one) => one !== 'chain')) {
      onMeasured(bench, await subject.measure(bench, plan));
    }
  } finally {
    await subject.stop();
  }
}

function isInner(bench: Bench): bench is InnerBench {
  return Object.hasOwn(INNER_BENCHES, bench);
}

function start({ order, pass }: SubjectContext): Promise<RunningSubject> {
  return startSubject(order, { benchTimeoutMs: pass.benchTimeoutMs, processes: pass.leftovers.processes });
}

/** The first start finds empty servers and creates its tables; the later ones find them there. */
async function measureStartup(context: SubjectContext): Promise<Measurement[]> {
  const times: number[] = [];
  for (let at = 0; at <= context.pass.plan.startupRepeats; at++) {
    const subject = await start(context);
    times.push(subject.readyAfterMs);
    await subject.stop();
  }
  return [
    { metric: 'first', unit: 'ms', values: times.slice(0, 1) },
    { metric: 'later', unit: 'ms', values: times.slice(1) },
  ];
}

function readMemory(subject: RunningSubject, started: readonly Service[]): Measurement[] {
  const { nodeMib, otherMib } = subject.readMemory();
  const serverPids = started.flatMap(({ pids }) => pids).flatMap((pid) => listProcessTree(pid));
  const serverMib = otherMib + readMemoryMib(serverPids);
  return [
    { metric: 'Node', unit: 'MiB', values: [nodeMib] },
    { metric: 'servers', unit: 'MiB', values: [serverMib] },
    { metric: 'all', unit: 'MiB', values: [nodeMib + serverMib] },
  ];
}
