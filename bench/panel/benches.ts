import { measureEvents } from './events.ts';
import { measureLogs } from './logs.ts';
import { measureEditor, measureGraph, measureHome, measureWaterfall } from './openings.ts';
import { measureOutput } from './output.ts';
import type { Measurement, PanelContext } from './plan.ts';
import { measureRuns } from './runs.ts';
import { measureScripts } from './scripts.ts';

export interface PanelBench {
  title: string;
  measure(context: PanelContext): Promise<Measurement[]>;
  /** It does not hang on the browser's processor. */
  isOnce?: boolean;
}

export const PANEL_BENCHES = {
  scripts: {
    title: 'script that a page fetches until it can be used, packed',
    measure: measureScripts,
    isOnce: true,
  },
  home: { title: 'home, from a cold start of the browser', measure: measureHome },
  runs: { title: 'list of runs over a long history', measure: measureRuns },
  editor: { title: 'editor with 1,000 stages', measure: measureEditor },
  graph: { title: 'graph of a run of 3,000 stages', measure: measureGraph },
  waterfall: { title: 'waterfall of 10,000 tasks', measure: measureWaterfall },
  events: { title: 'events of a run that is looked at', measure: measureEvents },
  logs: { title: 'log that is followed while it is written', measure: measureLogs },
  output: { title: 'output of 50 MB', measure: measureOutput },
} as const satisfies Record<string, PanelBench>;

export type PanelBenchName = keyof typeof PANEL_BENCHES;
export const PANEL_BENCH_NAMES = Object.keys(PANEL_BENCHES) as PanelBenchName[];
