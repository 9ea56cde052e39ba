import { type Histogram, merge } from './histogram.ts';

/** What a table of counts is counted by and what it counts; names as its columns have them. */
export interface Shape {
  readonly table: string;
  readonly dimensions: readonly string[];
  readonly counts: readonly string[];
  readonly histograms: readonly string[];
}

/** Runs that have ended. A row with an agent or a tag counts runs that others count too: sum only those without, or those of one. */
export const RUN_SHAPE = {
  table: 'run_rollups',
  dimensions: ['pipeline_id', 'version_id', 'agent_id', 'tag', 'error_group'],
  counts: ['succeeded', 'failed', 'cancelled'],
  histograms: ['durations'],
} as const satisfies Shape;

/** The tasks of those runs, each with the agent that had it last; hand-outs with the agent that had them. */
export const TASK_SHAPE = {
  table: 'task_rollups',
  dimensions: ['pipeline_id', 'version_id', 'stage_key', 'capability', 'agent_id', 'tag'],
  counts: [
    'tasks',
    'succeeded',
    'failed',
    'cancelled',
    'attempts',
    'failed_attempts',
    'lost_attempts',
    'busy_ms',
    'critical_ms',
  ],
  histograms: ['waits', 'times'],
} as const satisfies Shape;

/** All of a slice, an hour or a day together: the database keeps them beside the rows that they are sums of. */
export const RUN_TOTALS = { ...RUN_SHAPE, table: 'run_totals', dimensions: [] } as const satisfies Shape;
export const TASK_TOTALS = { ...TASK_SHAPE, table: 'task_totals', dimensions: [] } as const satisfies Shape;

export interface Entry<S extends Shape> {
  readonly dimensions: Readonly<Record<S['dimensions'][number], string | null>>;
  readonly counts: Record<S['counts'][number], number>;
  readonly histograms: Record<S['histograms'][number], Histogram>;
}

/** Entries by what they are counted by. */
export interface Ledger<S extends Shape> {
  readonly shape: S;
  /** The one entry, made when there is none. */
  entryOf(dimensions: Entry<S>['dimensions']): Entry<S>;
  /** Adds what another has counted of the same. */
  add(other: Entry<S>): void;
  entries(): Entry<S>[];
}

export function createLedger<S extends Shape>(shape: S): Ledger<S> {
  const known = new Map<string, Entry<S>>();

  function entryOf(dimensions: Entry<S>['dimensions']): Entry<S> {
    const names = shape.dimensions as readonly (keyof typeof dimensions)[];
    const key = JSON.stringify(names.map((name) => dimensions[name]));
    const entry = known.get(key) ?? emptyEntry(shape, dimensions);
    known.set(key, entry);
    return entry;
  }

  return {
    shape,
    entryOf,
    add(other) {
      const entry = entryOf(other.dimensions);
      for (const name of shape.counts as readonly S['counts'][number][])
        entry.counts[name] += other.counts[name];
      for (const name of shape.histograms as readonly S['histograms'][number][])
        merge(entry.histograms[name], other.histograms[name]);
    },
    entries: () => [...known.values()],
  };
}

export function emptyEntry<S extends Shape>(shape: S, dimensions: Entry<S>['dimensions']): Entry<S> {
  return {
    dimensions,
    counts: Object.fromEntries(shape.counts.map((name) => [name, 0])) as Entry<S>['counts'],
    histograms: Object.fromEntries(
      shape.histograms.map((name) => [name, new Map()]),
    ) as unknown as Entry<S>['histograms'],
  };
}
