import type { NewRun } from '#server/coordinator/new-run.ts';
import type { Happening } from '#server/domain/engine/happenings.ts';
import type { CompiledGraph } from '#server/domain/graph/compile.ts';
import { DEFAULT_ORG_ID, makeId, type RunId } from '#server/domain/ids.ts';
import { makeGraph } from '#server/testing/engine/drive-run.ts';
import { randomGraph } from '#server/testing/engine/random-graph.ts';
import { createSimAgent, type Door, PUSHED, QUEUED, REPORTS_QUEUE, type SimAgent } from './agents.ts';
import { type Auditor, createAuditor } from './auditor.ts';
import { createSimBroker, type SimBroker } from './broker.ts';
import { createSimCoordinator, type SimCoordinator } from './coordinator.ts';
import { createStore, type Store } from './store.ts';
import {
  createWorld,
  demand,
  NO_FAULTS,
  type RunningWorld,
  type Safeguard,
  WORLD_START_MS,
  type WorldOptions,
} from './world.ts';

export interface Simulation {
  runs: number;
  tasks: number;
  events: number;
  /** Virtual time from the healing of the world to the end of the last run. */
  healMs: number;
}

/** No run may need longer than this once nothing goes wrong any more. */
export const HEAL_LIMIT_MS = 900_000;

interface Cast {
  world: RunningWorld;
  store: Store;
  broker: SimBroker;
  auditor: Auditor;
  coordinators: SimCoordinator[];
  agents: SimAgent[];
  wanted: NewRun[];
}

/**
 * One world from one seed: first everything goes wrong and nothing may be damaged, then everything heals and all
 * must come to its end. Throws a `Violation` with what did not hold.
 */
export function simulate(options: WorldOptions): Simulation {
  const cast = createCast(options);
  const { world, store, auditor } = cast;
  startTroubles(cast);
  const healAt = WORLD_START_MS + 20_000 + world.pick(40_000);
  for (const run of cast.wanted) world.after(world.pick(healAt - WORLD_START_MS), () => startRun(cast, run));
  while (world.step(healAt));
  auditor.checkAll();
  heal(cast);
  const endBy = world.now + HEAL_LIMIT_MS;
  const isDone = () => store.runIds().length === cast.wanted.length && store.openRuns().length === 0;
  while (!isDone() && world.step(endBy));
  demand(
    isDone(),
    () => `after ${HEAL_LIMIT_MS / 1000} quiet seconds still open: ${describeOpen(cast)} (I1)`,
  );
  const healMs = world.now - healAt;
  // What is still on its way comes too late, and must not matter.
  const quietAt = world.now + 30_000;
  while (world.step(quietAt));
  auditor.checkAll();
  demand(store.outbox.size === 0, () => 'the outbox was never emptied (I13)');
  return summarise(cast, healMs);
}

function createCast(options: WorldOptions): Cast {
  const world = createWorld(options);
  const graphs = new Map<string, CompiledGraph>();
  const store = createStore((versionId) => {
    const graph = graphs.get(versionId);
    if (!graph) throw new Error(`no version ${versionId}`);
    return graph;
  });
  const broker = createSimBroker(world);
  const auditor = createAuditor(store);
  const agents: SimAgent[] = [];
  const coordinators: SimCoordinator[] = [];
  const door: Door = {
    tell(report, onReply) {
      const coordinator = coordinators[world.pick(coordinators.length)];
      coordinator?.submit(report, (reply) => {
        auditor.acknowledged(report, reply);
        onReply(reply);
      });
    },
  };
  const fleet = [PUSHED, PUSHED, QUEUED, QUEUED] as const;
  for (const [at, capability] of fleet.entries()) {
    const transport = capability === QUEUED ? 'amqp' : 'push';
    agents.push(createSimAgent(world, { number: at + 1, capability, transport, door, broker }));
  }
  for (let at = 0; at < 1 + world.pick(3); at += 1) {
    coordinators.push(
      createSimCoordinator(world, { name: `coordinator ${at}`, store, broker, agents, auditor }),
    );
  }
  const wanted = Array.from({ length: 2 + world.pick(5) }, (_, at) => makeRun(world, at, graphs));
  return { world, store, broker, auditor, coordinators, agents, wanted };
}

function makeRun(world: RunningWorld, at: number, graphs: Map<string, CompiledGraph>): NewRun {
  const random = randomGraph(world.pick, {
    stages: 1 + world.pick(14),
    types: [PUSHED, QUEUED],
    second: 1,
    concurrencyKeys: [
      { key: 'one', limit: 1 },
      { key: 'two', limit: 2 },
    ],
  });
  const isHurried = world.pick(6) === 0;
  const graph = makeGraph(isHurried ? { ...random, deadlineSeconds: 10 + world.pick(60) } : random);
  const body = `${WORLD_START_MS.toString(16).padStart(12, '0')}7000800000000000${at.toString(16).padStart(4, '0')}`;
  const versionId = makeId('ver', body);
  graphs.set(versionId, graph);
  return {
    id: makeId('run', body),
    orgId: DEFAULT_ORG_ID,
    pipelineId: null,
    versionId,
    graph,
    input: { wanted: true },
    parameters: {},
    metadata: {},
    notification: null,
    trigger: 'simulator',
  };
}

/** Somebody who wants a run asks until it is there; asking twice starts it once. */
function startRun(cast: Cast, birth: NewRun): void {
  const { world, coordinators, auditor } = cast;
  const entry = { runId: birth.id, happening: { type: 'start' } as const, birth };
  let heard = false;
  const coordinator = coordinators[world.pick(coordinators.length)];
  coordinator?.submit(entry, (reply) => {
    auditor.acknowledged(entry, reply);
    heard = true;
  });
  world.after(3000, () => {
    if (!heard) startRun(cast, birth);
  });
}

function startTroubles(cast: Cast): void {
  const { world, coordinators, broker, agents } = cast;
  const every = (seconds: number, run: () => void) => {
    if (seconds === 0) return;
    const again = () => {
      if (world.healed) return;
      run();
      world.after(world.pick(2000 * seconds), again);
    };
    world.after(world.pick(2000 * seconds), again);
  };
  const { faults } = world;
  every(faults.coordinatorCrashEvery, () => coordinators[world.pick(coordinators.length)]?.crash());
  every(faults.purgeEvery, () => broker.purge());
  every(faults.fleetPauseEvery, () => {
    for (const agent of agents) if (world.pick(2) === 0) agent.pause(world.pick(20_000));
  });
  every(faults.commandEvery, () => command(cast));
}

function command(cast: Cast): void {
  const { world, store } = cast;
  const open = store.openRuns();
  const runId = open[world.pick(open.length)];
  if (!runId) return;
  const roll = world.pick(10);
  const commands: Happening[] = [
    { type: 'pause' },
    { type: 'resume' },
    { type: 'cancel', graceMs: world.pick(3) * 4000 },
    { type: 'retry-now', task: world.pick(10) },
  ];
  tellAny(cast, runId, commands[roll < 4 ? 0 : roll < 7 ? 1 : roll < 8 ? 2 : 3] as Happening);
}

/** By a call, or by a message: that one may come twice and much later, and must count once. */
function tellAny({ world, coordinators, broker }: Cast, runId: RunId, happening: Happening): void {
  world.trace(() => `operator: ${happening.type} ${runId.slice(-2)}`);
  if (world.pick(2) === 0) coordinators[world.pick(coordinators.length)]?.submit({ runId, happening });
  else
    broker.publish({
      id: world.id('command'),
      queue: REPORTS_QUEUE,
      body: JSON.stringify({ runId, happening }),
    });
}

function heal(cast: Cast): void {
  const { world, agents, store } = cast;
  world.trace(() => 'the world heals');
  world.faults = NO_FAULTS;
  world.healed = true;
  for (const agent of agents) agent.heal();
  const resumeAll = () => {
    for (const runId of store.openRuns()) tellAny(cast, runId, { type: 'resume' });
    world.after(10_000, resumeAll);
  };
  resumeAll();
}

function describeOpen({ store, wanted }: Cast): string {
  const unborn = wanted.length - store.runIds().length;
  const open = [...store.load(store.openRuns()).values()].map(({ id, status, wakeAt, tasks }) => {
    const under = tasks.map((task, at) => `${at}:${task?.status ?? 'pending'}`).join(' ');
    return `${id} is ${status}, wakes ${wakeAt === null ? 'never' : `at ${wakeAt - WORLD_START_MS}`}: ${under}`;
  });
  return [...open, ...(unborn > 0 ? [`${unborn} runs never began`] : [])].join('; ');
}

function summarise({ store, wanted }: Cast, healMs: number): Simulation {
  const states = [...store.load(store.runIds()).values()];
  return {
    runs: wanted.length,
    tasks: states.reduce((sum, state) => sum + state.tasks.length, 0),
    events: states.reduce((sum, state) => sum + state.seq, 0),
    healMs,
  };
}

/** What a person types to see it again. */
export function commandFor(seed: number, without: Safeguard | null = null): string {
  return `npm run simulate -- --seed ${seed}${without ? ` --without ${without}` : ''}`;
}
