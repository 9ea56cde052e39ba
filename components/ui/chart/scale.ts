/** The top of an axis that begins at 0, and the steps up to it: round numbers, four or five of them. */
export function stepsUpTo(high: number): number[] {
  if (!(high > 0)) return [0, 1];
  const rough = high / 4;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 2.5, 5, 10].map((part) => part * power).find((size) => size >= rough) ?? rough;
  return Array.from({ length: Math.ceil(high / step - 1e-9) + 1 }, (_, at) => at * step);
}

/** The same of what is counted: there are no halves of it, and rounded labels would not stand where they say. */
export function wholeStepsUpTo(high: number): number[] {
  const steps = stepsUpTo(high);
  if (steps.every(Number.isInteger)) return steps;
  const step = Math.ceil(steps[1] ?? 1);
  return Array.from({ length: Math.ceil(high / step) + 1 }, (_, at) => at * step);
}

/** Steps of a duration in milliseconds: those that clocks have. */
const CLOCK_STEPS_MS = [
  1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 15_000, 30_000, 60_000, 120_000, 300_000,
  600_000, 900_000, 1_800_000, 3_600_000, 7_200_000, 21_600_000, 43_200_000, 86_400_000,
];

export function durationStepsUpTo(highMs: number): number[] {
  if (!(highMs > 0)) return [0, 1_000];
  const step = CLOCK_STEPS_MS.find((size) => highMs / size <= 5);
  if (step === undefined) return stepsUpTo(highMs);
  return Array.from({ length: Math.ceil(highMs / step) + 1 }, (_, at) => at * step);
}

/** At which of so many places a label stands, so that they do not touch. */
export function labelledPlaces(places: number, widthPx: number, labelPx: number): number[] {
  const fit = Math.max(1, Math.floor(widthPx / labelPx));
  const every = Math.max(1, Math.ceil(places / fit));
  return Array.from({ length: Math.ceil(places / every) }, (_, at) => at * every);
}
