/** Each says of the last minutes whether something goes worse than it may, in the process that is asked. */
export const CONDITIONS = {
  tool_error_rate: { unit: 'percent', limit: 5, isBad: 'above' },
  mcp_error_rate: { unit: 'percent', limit: 5, isBad: 'above' },
  mcp_latency: { unit: 'ms', limit: 5000, isBad: 'above' },
  workspace_conflict_rate: { unit: 'percent', limit: 20, isBad: 'above' },
  workspace_latency: { unit: 'ms', limit: 500, isBad: 'above' },
  workspace_lock_wait: { unit: 'ms', limit: 250, isBad: 'above' },
  workspace_sync_lag: { unit: 'ms', limit: 10_000, isBad: 'above' },
  workspace_hit_rate: { unit: 'percent', limit: 50, isBad: 'below' },
  hot_state_memory: { unit: 'percent', limit: 80, isBad: 'above' },
} as const satisfies Record<string, { unit: 'percent' | 'ms'; limit: number; isBad: 'above' | 'below' }>;

export type ConditionName = keyof typeof CONDITIONS;
export type ConditionLimits = Readonly<Record<ConditionName, number>>;

export const CONDITION_LIMITS = Object.fromEntries(
  Object.entries(CONDITIONS).map(([name, { limit }]) => [name, limit]),
) as ConditionLimits;

export interface Condition {
  name: ConditionName;
  /** Worse than the limit, with enough seen to say so. */
  isTriggered: boolean;
  /** Null: nothing was seen. */
  value: number | null;
  limit: number;
  unit: 'percent' | 'ms';
  /** What it is made from. */
  samples: number;
}

export interface Conditions {
  /** A call of a tool of our own. */
  toolEnded(call: { isFault: boolean }): void;
  /** A call that was sent to an MCP server. */
  called(call: { isFault: boolean; ms: number }): void;
  /** A change of a workspace: how long it took in all, and until it had the workspace for itself. */
  changed(change: { isConflict: boolean; ms: number; waitedMs: number }): void;
  looked(result: 'hit' | 'miss' | 'away'): void;
  synced(seconds: number | null): void;
  /** How full hot state is, 1 being full; null: it has no limit. */
  filled(share: number | null): void;
  read(): Condition[];
}

export interface ConditionOptions {
  limits: ConditionLimits;
  now(): number;
}

export const WINDOW_MS = 300_000;
/** Say how something stands: the newest counts, and one is enough. */
const LEVELS: readonly ConditionName[] = ['hot_state_memory'];
/** Fewer say nothing: one fault of two calls is no rate. */
export const ENOUGH = 20;
/** Of each kind, the newest: at a high rate they span less than the window. */
const REMEMBERED = 2000;

/** Whether it was bad, for rates, or how long it took. */
interface Sample {
  at: number;
  value: number;
}

export function createConditions({ limits, now }: ConditionOptions): Conditions {
  const samples = Object.fromEntries(Object.keys(CONDITIONS).map((name) => [name, [] as Sample[]])) as Record<
    ConditionName,
    Sample[]
  >;

  function add(name: ConditionName, value: number): void {
    const all = samples[name];
    all.push({ at: now(), value });
    if (all.length > REMEMBERED * 2) all.splice(0, all.length - REMEMBERED);
  }

  function look(name: ConditionName): Condition {
    const { unit, isBad } = CONDITIONS[name];
    const since = now() - WINDOW_MS;
    const recent = samples[name].filter(({ at }) => at > since).slice(-REMEMBERED);
    samples[name] = recent;
    const values = recent.map(({ value }) => value);
    const isLevel = LEVELS.includes(name);
    const value = values.length === 0 ? null : isLevel ? newestOf(values) : sumUp(unit, values);
    const limit = limits[name];
    const isWorse = value !== null && (isBad === 'above' ? value > limit : value < limit);
    return {
      name,
      isTriggered: isWorse && values.length >= (isLevel ? 1 : ENOUGH),
      value,
      limit,
      unit,
      samples: values.length,
    };
  }

  return {
    toolEnded: ({ isFault }) => add('tool_error_rate', isFault ? 1 : 0),
    called({ isFault, ms }) {
      add('mcp_error_rate', isFault ? 1 : 0);
      add('mcp_latency', ms);
    },
    changed({ isConflict, ms, waitedMs }) {
      add('workspace_conflict_rate', isConflict ? 1 : 0);
      add('workspace_latency', ms);
      add('workspace_lock_wait', waitedMs);
    },
    looked: (result) => add('workspace_hit_rate', result === 'hit' ? 1 : 0),
    synced(seconds) {
      // What hot state did not take it has from the next read on: that it is away is told by its own part of the health.
      if (seconds !== null) add('workspace_sync_lag', seconds * 1000);
    },
    filled(share) {
      if (share === null) samples.hot_state_memory = [];
      else add('hot_state_memory', share);
    },
    read: () => (Object.keys(CONDITIONS) as ConditionName[]).map(look),
  };
}

const rounded = (value: number): number => Math.round(value * 10) / 10;

const newestOf = (values: readonly number[]): number => rounded(100 * (values.at(-1) ?? 0));

const sumUp = (unit: 'percent' | 'ms', values: readonly number[]): number =>
  unit === 'percent' ? shareOf(values) : slowOf(values);

const shareOf = (values: readonly number[]): number =>
  rounded((100 * values.reduce((sum, value) => sum + value, 0)) / values.length);

/** What 95 of 100 do not exceed. */
function slowOf(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return rounded(sorted[Math.ceil(0.95 * sorted.length) - 1] ?? 0);
}
