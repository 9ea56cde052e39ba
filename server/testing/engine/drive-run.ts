import { unbornState } from '#server/coordinator/new-run.ts';
import { type Decision, decide } from '#server/domain/engine/decide.ts';
import type {
  DecideContext,
  EngineDefaults,
  Happening,
  Offer,
  Outcome,
  Placement,
  Reply,
} from '#server/domain/engine/happenings.ts';
import { ENGINE_DEFAULTS } from '#server/domain/engine/happenings.ts';
import type { LargeValues } from '#server/domain/engine/large-values.ts';
import { type RunState, type TaskState, untouchedTask } from '#server/domain/engine/state.ts';
import { type CompiledGraph, compileGraph } from '#server/domain/graph/compile.ts';
import { type GraphInput, graphSchema } from '#server/domain/graph/schema.ts';
import { type AgentId, DEFAULT_ORG_ID, makeId } from '#server/domain/ids.ts';
import type { Json } from '#server/domain/json.ts';
import { checkStep, createLedger } from './check-step.ts';

export const START_MS = 1_000_000;

export const makeGraph = (graph: GraphInput): CompiledGraph => compileGraph(graphSchema.parse(graph));

export const agentNumber = (number: number): AgentId =>
  makeId('agent', number.toString(16).padStart(32, '0'));

export function makeUnborn(graph: CompiledGraph, deadlineAt: number | null, input: Json = null): RunState {
  const run = {
    id: makeId('run', '01'.padStart(32, '0')),
    orgId: DEFAULT_ORG_ID,
    pipelineId: null,
    versionId: makeId('ver', '01'.padStart(32, '0')),
    graph,
    input,
    parameters: {},
    metadata: {},
    notification: null,
    trigger: 'test',
  };
  return { ...unbornState(run, START_MS), deadlineAt };
}

export interface DriveOptions {
  place?(offer: Offer): Placement;
  deadlineAt?: number;
  input?: Json;
  random?(): number;
  defaults?: Partial<EngineDefaults>;
  values?: LargeValues;
  /** Off where 10,000 stages are timed. */
  checked?: boolean;
}

/** A state that `decide` writes to makes it throw. The graph is shared and frozen where it is made. */
export function freezeState(state: RunState): void {
  Object.freeze(state);
  Object.freeze(state.waitsFor);
  Object.freeze(state.tasks);
  for (const task of state.tasks) freezeDeep(task);
}

function freezeDeep(value: unknown): void {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return;
  Object.freeze(value);
  for (const child of Object.values(value)) freezeDeep(child);
}

export type RunDriver = ReturnType<typeof driveRun>;

/** One run, decided on step by step by a test; every step is held to what must always be true of one. */
export function driveRun(source: GraphInput, options: DriveOptions = {}) {
  const graph = makeGraph(source);
  const { checked = true } = options;
  let state = makeUnborn(graph, options.deadlineAt ?? null, options.input ?? null);
  const ledger = createLedger(state);
  const driver = {
    now: START_MS,
    agent: agentNumber(1),
    /** Who gets the next task; a test changes it on the way. */
    place: options.place ?? ((): Placement => ({ kind: 'start', agent: driver.agent })),
    /** Whether somebody looks into its queue. */
    isServed: (): boolean => true,
    offers: [] as Offer[],
    unplaced: [] as number[],
    last: undefined as Decision | undefined,
    events: [] as Decision['events'],
    get state(): RunState {
      return state;
    },
    index(key: string): number {
      const index = graph.indexOf.get(key);
      if (index === undefined) throw new Error(`no stage ${key}`);
      return index;
    },
    task(key: string): TaskState {
      const index = driver.index(key);
      return state.tasks[index] ?? untouchedTask(index);
    },
    statuses(): Record<string, string> {
      return Object.fromEntries(graph.stages.map(({ key }) => [key, driver.task(key).status]));
    },
    tell(...happenings: Happening[]): Reply[] {
      if (checked) freezeState(state);
      const context: DecideContext = {
        now: driver.now,
        place: (offer) => {
          driver.offers.push(offer);
          return driver.place(offer);
        },
        isServed: () => driver.isServed(),
        unplace: (task) => driver.unplaced.push(task),
        random: options.random ?? (() => 0),
        defaults: { ...ENGINE_DEFAULTS, ...options.defaults },
        values: options.values,
      };
      const decision = decide(state, happenings, context);
      if (checked) checkStep(ledger, { before: state, decision, context });
      driver.last = decision;
      driver.events.push(...decision.events);
      state = { ...decision.state, revision: decision.state.revision + 1 };
      return decision.replies;
    },
    /** Goes on under another compilation, as after an update of the program. */
    replaceGraph(other: CompiledGraph): void {
      state = { ...state, graph: other };
    },
    start: () => driver.tell({ type: 'start' })[0],
    answer(key: string, outcome: Outcome, change: { epoch?: number; agent?: AgentId | null } = {}): Reply {
      const { epoch, agent } = driver.task(key);
      const result = { type: 'result', task: driver.index(key), epoch, agent, outcome, ...change } as const;
      return driver.tell(result)[0] as Reply;
    },
    succeed: (key: string, output: Json = null) => driver.answer(key, { status: 'succeeded', output }),
    fail: (
      key: string,
      error: Partial<{ class: 'agent' | 'timeout' | 'invalid-input'; code: string }> = {},
    ) =>
      driver.answer(key, {
        status: 'failed',
        error: { class: 'agent', code: 'BROKEN', message: 'it broke', ...error },
      }),
    /** Lets time pass and looks at what is due. */
    pass(ms: number, tick: Omit<Extract<Happening, { type: 'tick' }>, 'type'> = {}): void {
      driver.now += ms;
      driver.tell({ type: 'tick', ...tick });
    },
  };
  return driver;
}
