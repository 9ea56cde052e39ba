import type { AgentState } from '../../server/domain/routing.ts';

export interface DaySpan {
  from: number;
  to: number;
  /** Undefined: nothing is known. */
  state: AgentState | undefined;
}

/** The changes of a stretch of time as spans that fill it. */
export function spansOf({
  from,
  to,
  changes,
}: {
  from: string;
  to: string;
  changes: readonly { at: string; state: AgentState }[];
}): DaySpan[] {
  const [start, end] = [Date.parse(from), Date.parse(to)];
  const marks = changes.map(({ at, state }) => ({ at: Date.parse(at), state }));
  const spans: DaySpan[] = [{ from: start, to: marks[0]?.at ?? end, state: undefined }];
  marks.forEach(({ at, state }, nth) => {
    spans.push({ from: at, to: marks[nth + 1]?.at ?? end, state });
  });
  return spans.filter((span) => span.to > span.from);
}
