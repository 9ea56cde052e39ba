'use client';

import { CircleAlert, EyeOff, TriangleAlert } from 'lucide-react';
import type { ReactNode } from 'react';
import { lookOfTask } from '../../looks/index.ts';
import { fillOf, StatusIcon } from '../../ui/status.tsx';
import { type StageMark, type StageState, useEditor } from '../context.ts';
import { isMarked, type StageItem, titleOf } from '../model/document.ts';
import { stageId } from '../model/items.ts';
import type { EditorProblem } from '../model/problems.ts';
import { useObserved } from '../store/observable.ts';
import { words } from '../words.ts';
import { useDetail } from './detail.ts';
import { iconOf } from './icons.ts';

const MARK = {
  good: 'border-good-fill text-good',
  warn: 'border-warn-fill text-warn',
  bad: 'border-bad-fill text-bad',
} as const;

const FAR_GROUND = { good: 'bg-good-fill', warn: 'bg-warn-fill', bad: 'bg-bad-fill' } as const;

interface StageFaceProps {
  stage: StageItem;
  isGone?: boolean | undefined;
  selected: boolean;
  /** Where wires meet it: the canvas has handles there, a picture dots. */
  children?: ReactNode;
}

/** What a stage looks like. Each subscribes to what is its own, so that a tick of one stage redraws one stage. */
export function StageFace({ stage, isGone = false, selected, children }: StageFaceProps) {
  const detail = useDetail();
  const { severities, overlay, marks } = useEditor();
  const id = stageId(stage.key);
  const seen: Seen = {
    ...{ stage, isGone, selected, children },
    problem: useObserved(severities, (known) => known.get(id) ?? null),
    state: useObserved(overlay, (run) => run?.stages.get(stage.key)),
    mark: useObserved(marks, (known) => known?.get(stage.key) ?? null),
  };
  return detail === 'shape' ? <StageShape {...seen} /> : <StageBox {...seen} isSmall={detail === 'name'} />;
}

interface Seen {
  stage: StageItem;
  isGone: boolean;
  selected: boolean;
  problem: EditorProblem['severity'] | null;
  state: StageState | undefined;
  mark: StageMark | null;
  children: ReactNode;
}

/** As it looks from afar: a box in the look of its state, its mark or its problem. */
function StageShape({ stage, selected, problem, state, mark, children }: Seen) {
  const look = state && lookOfTask(state.status);
  const tone = mark?.tone ?? (problem === 'error' ? 'bad' : problem === 'warning' ? 'warn' : null);
  const known = look ? fillOf(look) : tone ? FAR_GROUND[tone] : 'bg-control';
  return (
    <div
      data-stage={stage.key}
      title={mark?.text ?? look?.label}
      className={`size-full rounded-lg ${selected ? 'bg-accent' : known}`}
    >
      {children}
    </div>
  );
}

/** Wires end where handles do, which a small stage has none of: it reaches that far itself. */
const TO_THE_WIRES = '-mx-[5.5px]';

/** The draft has it no longer. */
const GONE = 'border-dashed border-bad-fill bg-page text-quiet';

function StageBox({
  stage,
  isGone,
  selected,
  problem,
  state,
  mark,
  isSmall,
  children,
}: Seen & { isSmall: boolean }) {
  const { connecting } = useEditor();
  // The one that the wire comes from refuses itself, and stays in sight all the same.
  const isRefused = useObserved(
    connecting,
    (wire) => wire !== null && wire.from !== stage.key && wire.refused.has(stage.key),
  );
  const Icon = iconOf(stage.type);
  return (
    <div
      data-stage={stage.key}
      className={`flex h-full items-center gap-2.5 rounded-lg border px-3 ${isGone ? GONE : frameOf({ selected, problem })} ${isRefused ? 'opacity-35' : ''} ${isSmall ? TO_THE_WIRES : isGone ? '' : 'shadow-card'}`}
    >
      {isSmall ? null : (
        <span className="flex size-8 shrink-0 items-center justify-center rounded-md border border-line bg-sunken text-quiet">
          <Icon aria-hidden size={16} />
        </span>
      )}
      <span className="min-w-0 grow">
        <span
          className={`font-medium ${isSmall ? 'line-clamp-2 text-2xl/7 wrap-anywhere' : 'block truncate text-base'}`}
        >
          {titleOf(stage)}
        </span>
        {isSmall ? null : (
          <span title={stage.type || undefined} className="block truncate font-mono text-2xs text-quiet">
            {stage.type || words.noCapabilityYet}
          </span>
        )}
      </span>
      {isMarked(stage) ? (
        <span title={words.sensitive.title} className="shrink-0 text-quiet">
          <EyeOff aria-label={words.sensitive.title} role="img" size={isSmall ? 22 : 14} />
        </span>
      ) : null}
      <Badge problem={problem} state={state} isSmall={isSmall} />
      {children}
      {mark === null ? null : <Mark mark={mark} isSmall={isSmall} />}
    </div>
  );
}

function Mark({ mark, isSmall }: { mark: StageMark; isSmall: boolean }) {
  return (
    <span
      className={`absolute -top-2.5 left-2.5 max-w-[90%] truncate rounded-full border bg-card px-1.5 font-medium ${MARK[mark.tone]} ${isSmall ? '-top-5 text-xl' : 'text-2xs'}`}
    >
      {mark.text}
    </span>
  );
}

function frameOf({
  selected,
  problem,
}: {
  selected: boolean;
  problem: EditorProblem['severity'] | null;
}): string {
  if (selected) return 'border-accent bg-card text-text ring-2 ring-accent/35';
  return `bg-card text-text ${problem === 'error' ? 'border-bad' : 'border-control/60 hover:border-control'}`;
}

function Badge({
  problem,
  state,
  isSmall,
}: {
  problem: EditorProblem['severity'] | null;
  state: StageState | undefined;
  isSmall: boolean;
}) {
  if (state) {
    const look = lookOfTask(state.status);
    return (
      <span className="flex shrink-0 items-center gap-1" title={state.note ?? look.label}>
        {state.attempt > 1 ? (
          <span className="text-2xs tabular-nums text-quiet">×{state.attempt}</span>
        ) : null}
        <StatusIcon look={look} size={isSmall ? 26 : 17} />
        <span className="sr-only">{look.label}</span>
      </span>
    );
  }
  if (problem === null) return null;
  const [Icon, tone] = problem === 'error' ? [CircleAlert, 'text-bad'] : [TriangleAlert, 'text-warn'];
  return (
    <span className={`shrink-0 ${tone}`}>
      <Icon aria-hidden size={isSmall ? 24 : 15} />
      <span className="sr-only">{problem === 'error' ? words.hasAnError2 : words.hasAWarning2}</span>
    </span>
  );
}
