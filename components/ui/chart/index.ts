export { Sparkline } from './sparkline.tsx';
export { TimeChart } from './time-chart.tsx';
export type { ChartSeries, ChartStretch } from './types.ts';
