import { isTaskFailure, isTaskHeld, isTaskSkipped, isTaskSuccess } from '../../../server/domain/statuses.ts';
import type { RunOverlay } from '../context.ts';
import type { Wire } from '../model/document.ts';

type Trace = 'none' | 'taken' | 'untaken' | 'moving' | 'gone';

interface Drawn {
  wire?: Wire | null;
  isGone?: boolean;
}

/** What the run that is drawn over the canvas says of the wire: a plain word, so that only a change redraws it. */
export function traceOf(run: RunOverlay | null, { wire = null, isGone }: Drawn = {}): Trace {
  if (isGone) return 'gone';
  const [from, to] = [run?.stages.get(wire?.from ?? ''), run?.stages.get(wire?.to ?? '')];
  if (!from || !to) return 'none';
  if (isTaskSkipped(to.status)) return 'untaken';
  if (isTaskHeld(to.status)) return 'moving';
  return isTaskSuccess(to.status) || isTaskFailure(to.status) ? 'taken' : 'none';
}

export function looksOfWire({
  selected,
  trace,
  isWrong,
}: {
  selected: boolean;
  trace: Trace;
  isWrong: boolean;
}): string {
  if (selected) return 'wire wire-selected';
  return isWrong ? 'wire wire-wrong' : `wire wire-${trace}`;
}

/** What a wire says of itself, in the middle of it. */
export const CHIP = 'max-w-40 truncate rounded-full border bg-card px-2 py-0.5 font-mono text-2xs';
