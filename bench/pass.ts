import type { ChildProcess } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { Bench, InnerBench } from './benches.ts';
import { INNER_BENCHES } from './benches.ts';
import type { CatalogueEntry } from './catalogue.ts';
import { readPackageVersion } from './catalogue.ts';
import type { Guardian } from './guardian.ts';
import type { Probe } from './machine.ts';
import { listProcessTree, probeMachine, readMemoryMib } from './machine.ts';
import type { Measurement, Plan } from './plan.ts';
import type { RawCost } from './raw-cost.ts';
import { measureRawCosts } from './raw-cost.ts';
import type { Result, SubjectRecord } from './report.ts';
import type { Sample } from './series.ts';
import { toSeriesMeasurements } from './series.ts';
import type { Service } from './service-process.ts';
import type { ServiceSet } from './services.ts';
import { createServiceSet } from './services.ts';
import type { ServiceUrls, SubjectDefinition } from './subject.ts';
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
  /** Where filled databases stay. */
  keep?: string;
  leftovers: Leftovers;
  onResults: (results: Result[]) => void;
}

/** All benches of one subject, on servers of its own. What was measured before a failure is kept. */
export async function runSubject({ file, definition }: CatalogueEntry, pass: Pass): Promise<SubjectRecord> {
  const { name } = definition;
  const { leftovers } = pass;
  const probes: Probe[] = [await probeMachine(leftovers.rootDir)];
  const rawCosts: RawCost[] = [];
  const versions = definition.packages.map((one) => `${one} ${readPackageVersion(one)}`);
  const services = createServiceSet(
    await mkdtemp(join(leftovers.rootDir, `${name}-servers-`)),
    leftovers.guardian,
    keptDirOf(definition, pass),
  );
  leftovers.services.add(services);
  process.stdout.write(`${name} ...`);
  let failure: string | undefined;
  try {
    const started = await startServices(services, definition);
    versions.unshift(...started.map(({ kind, version }) => `${kind} ${version}`));
    rawCosts.push(...(await measureRawCosts(started)));
    await measureOn(started, { file, definition }, pass);
    rawCosts.push(...(await measureRawCosts(started)));
    process.stdout.write('\n');
  } catch (error) {
    failure = error instanceof Error ? error.message : String(error);
    process.stdout.write(`\n${name} failed: ${failure}\n`);
  } finally {
    await services.stop();
    leftovers.services.delete(services);
  }
  probes.push(await probeMachine(leftovers.rootDir));
  return {
    ...{ definition, probes, rawCosts, versions: versions.join(', ') },
    ...(failure !== undefined && { error: failure }),
  };
}

async function startServices(
  services: ServiceSet,
  { services: needs }: SubjectDefinition,
): Promise<Service[]> {
  const started: Service[] = [];
  for (const need of needs) started.push(await services.start(need));
  return started;
}

async function measureOn(
  started: readonly Service[],
  { file, definition }: Pick<CatalogueEntry, 'file' | 'definition'>,
  pass: Pass,
): Promise<void> {
  const { name, setting } = definition;
  const servers = started.map((service) => `${service.kind}: ${service.setting}`);
  const fullSetting = [setting, `durability: ${definition.durability}`, ...servers].join('; ');
  const dataDir = await mkdtemp(join(pass.leftovers.rootDir, `${name}-data-`));
  const urls = toUrls(started);
  if (definition.prepare) {
    const prepare = async () =>
      definition.prepare?.({ ...urls, dataDir: `${dataDir}-of-preparation` }, pass.plan);
    process.stdout.write(await once(keptDirOf(definition, pass), pass.plan, prepare));
  }
  const order = { file, name, env: { dataDir, ...urls } };
  const benches = pass.benches.filter((bench) => definition.only?.includes(bench) ?? true);
  await measureAll({ order, started, pass: { ...pass, benches } }, (bench, measurements) => {
    if (measurements.length === 0) return;
    process.stdout.write(` ${bench}`);
    pass.onResults(measurements.map((one) => ({ bench, subject: name, setting: fullSetting, ...one })));
  });
}

/** Of those that are filled first; all others begin empty. */
function keptDirOf({ name, prepare }: SubjectDefinition, { keep }: Pass): string | undefined {
  return keep === undefined || prepare === undefined ? undefined : join(resolve(keep), name);
}

/** Prepares what has not been prepared and kept already, and says how it went. */
async function once(kept: string | undefined, { historyRuns }: Plan, prepare: () => Promise<void>) {
  const mark = kept && join(kept, 'prepared.json');
  if (mark && existsSync(mark)) {
    const { historyRuns: found } = JSON.parse(readFileSync(mark, 'utf8')) as { historyRuns: number };
    if (found === historyRuns) return ' as it was kept';
    throw new Error(`${kept} was filled with ${found} runs and not with ${historyRuns}: keep it elsewhere.`);
  }
  const startedAt = performance.now();
  await prepare();
  if (mark) writeFileSync(mark, JSON.stringify({ historyRuns }));
  return ` prepared in ${Math.round((performance.now() - startedAt) / 1000)} s`;
}

function toUrls(services: readonly Service[]): Omit<ServiceUrls, 'dataDir'> {
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
      if (bench === 'soak') onMeasured(bench, await measureSoak(subject, context));
      else onMeasured(bench, await subject.measure(bench, plan));
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

/** The subject sees itself; the memory of its servers is seen from here. */
async function measureSoak(
  subject: RunningSubject,
  { started, pass: { plan } }: SubjectContext,
): Promise<Measurement[]> {
  const samples: Sample[] = [];
  const look = () =>
    samples.push({ atMs: performance.now(), value: subject.readMemory().otherMib + readServerMib(started) });
  const timer = setInterval(look, plan.soakLapMs);
  try {
    const measurements = await subject.measure('soak', plan);
    look();
    // The subject's own warm-up is a tenth.
    return [
      ...measurements,
      ...toSeriesMeasurements('servers', 'MiB', samples.slice(Math.floor(samples.length / 10))),
    ];
  } finally {
    clearInterval(timer);
  }
}

function readServerMib(started: readonly Service[]): number {
  return readMemoryMib(started.flatMap(({ pids }) => pids).flatMap((pid) => listProcessTree(pid)));
}

function readMemory(subject: RunningSubject, started: readonly Service[]): Measurement[] {
  const { nodeMib, otherMib } = subject.readMemory();
  const serverMib = otherMib + readServerMib(started);
  return [
    { metric: 'Node', unit: 'MiB', values: [nodeMib] },
    { metric: 'servers', unit: 'MiB', values: [serverMib] },
    { metric: 'all', unit: 'MiB', values: [nodeMib + serverMib] },
  ];
}
