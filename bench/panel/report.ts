import { format, renderTable, toJsonLine } from '../report.ts';
import { summarise } from '../statistics.ts';
import { PANEL_BENCHES, type PanelBenchName } from './benches.ts';
import { isKept, isMoreBetter, type Measurement } from './plan.ts';

export interface PanelResult extends Measurement {
  bench: PanelBenchName;
  /** Of the browser; one that does not hang on it has none. */
  profile: string;
}

/** A row a figure, a column a profile, each `median (smallest–largest)`; what misses its budget is marked. */
export function renderPanel(results: readonly PanelResult[]): string {
  const profiles = [...new Set(results.map(({ profile }) => profile))];
  const keyOf = ({ bench, metric }: PanelResult) => `${bench}\n${metric}`;
  const rows = [...Map.groupBy(results, keyOf).values()].map((same) => {
    const [{ bench, metric, unit, budget }] = same as [PanelResult];
    const cells = profiles.map((profile) => {
      const found = same.find((result) => result.profile === profile);
      return found ? say(found) : '–';
    });
    const limit = budget === undefined ? '' : `${isMoreBetter(unit) ? '≥' : '≤'} ${format(budget)}`;
    return [PANEL_BENCHES[bench].title, `${metric} (${unit})`, limit, ...cells];
  });
  return renderTable(['what', 'figure', 'budget', ...profiles], rows);
}

function say(result: PanelResult): string {
  const { median, min, max, repeats } = summarise(result.values);
  const range = repeats === 1 ? '' : ` (${format(min)}–${format(max)})`;
  return `${format(median)}${range}${isKept(result, median) ? '' : ' ✖'}`;
}

/** One line of `--json`, in the form that the engine's benchmarks have. */
export function toPanelLine({ bench, profile, metric, unit, values }: PanelResult, setting: string): string {
  return toJsonLine({ bench, subject: `panel, ${profile}`, setting, metric, unit, values });
}
