import type { Tone } from '../status.tsx';

/** One of the things that a chart shows, with a value for each of its stretches; null: nothing to show there. */
export interface ChartSeries {
  key: string;
  label: string;
  tone: Tone;
  /** Told apart without colours too: bars by their pattern, lines by their dashes. */
  style?: 'solid' | 'crossed' | 'dotted' | 'dashed';
  values: readonly (number | null)[];
}

export interface ChartStretch {
  /** Milliseconds since 1970. */
  from: number;
  to: number;
}

export interface ChartProps {
  /** What it shows, as a heading would say it. */
  label: string;
  kind: 'bars' | 'lines';
  stretches: readonly ChartStretch[];
  series: readonly ChartSeries[];
  /** Durations have the steps of clocks. */
  unit: 'count' | 'duration';
  formatValue(value: number): string;
  /** A stretch in words, and shortly below the axis. */
  formatStretch(stretch: ChartStretch): string;
  formatTick(at: number): string;
  /** A stretch was clicked, or Enter pressed on it. */
  onOpen?(stretch: ChartStretch): void;
  /** Some were drawn over, or chosen with Shift and the arrows. */
  onZoom?(range: ChartStretch): void;
}
