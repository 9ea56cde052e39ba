'use client';

import { useVirtualizer } from '@tanstack/react-virtual';
import { ArrowRightToLine, Maximize2, Minus, Plus } from 'lucide-react';
import { parseAsArrayOf, parseAsBoolean, parseAsString, useQueryState } from 'nuqs';
import { useCallback, useEffect, useEffectEvent, useMemo, useRef } from 'react';
import { isRunOver, isTaskHeld } from '../../../../server/domain/statuses.ts';
import { useKeys } from '../../../shell/keys/index.ts';
import { IconButton } from '../../../ui/button.tsx';
import { Switch } from '../../../ui/choice.tsx';
import { useNow } from '../../../ui/clock.ts';
import { COARSE, NARROW, useMedia } from '../../../ui/use-media.ts';
import { runWords } from '../run-words.ts';
import { type Attempt, type Run, useHandOuts } from '../use-run.ts';
import { followed, panBy, zoomAt } from './closer.ts';
import { Legend } from './legend.tsx';
import { buildTimeline, busyStretches, type Line, linesOf, type Timeline as Model } from './model.ts';
import { Ruler } from './ruler.tsx';
import { createScale, type Scale, type Stretch } from './scale.ts';
import { StageLane } from './stage-lane.tsx';
import { TryLane } from './try-lane.tsx';
import { useWheel } from './use-wheel.ts';

const ROW_PX = 30;
/** As high as what a finger presses. */
const COARSE_ROW_PX = 36;
const TICK_MS = 500;
/** So many stages are laid out in a millisecond: of very many the clock is read less often. */
const STAGES_A_MS = 4;

interface TimelineProps {
  run: Run;
  attempts: readonly Attempt[];
  /** Than `attempts` has. */
  hasMoreAttempts: boolean;
  /** Key of the stage that is looked at. */
  selected: string | null;
  onSelect(key: string): void;
}

/** Who waited, who worked, who tried again, on one line of time. Only the rows in sight are drawn. */
export function Timeline({ run, attempts, hasMoreAttempts, selected, onSelect }: TimelineProps) {
  const isNarrow = useMedia(NARROW);
  const rowPx = useMedia(COARSE) ? COARSE_ROW_PX : ROW_PX;
  const model = useModel(run, attempts);
  const view = useView(model);
  const opened = useOpened();
  const rows = view.onlyFailed ? model.rows.filter(({ stage }) => stage.error !== null) : model.rows;
  const lines = useMemo(() => linesOf(rows, opened.keys), [rows, opened.keys]);
  const scroller = useRef<HTMLElement>(null);
  const { frame, lane } = useLookingCloser(view);
  const virtual = useVirtualizer({
    count: lines.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => rowPx,
    overscan: 10,
  });
  const selectedAt = lines.findIndex(({ row, one }) => one === null && row.stage.key === selected);
  useSeen(virtual, selectedAt);
  const edgeAt = view.isLive ? lines.findLastIndex(({ row: { stage } }) => isTaskHeld(stage.state)) : -1;
  useSeen(virtual, edgeAt);
  return (
    <div ref={frame} data-opens={opensOf(model)} className={FRAME}>
      <Tools view={view} />
      <Ruler
        lane={lane}
        scale={view.scale}
        window={view.window}
        origin={model.from}
        isNarrow={isNarrow}
        onZoom={view.zoomTo}
      />
      <section
        ref={scroller}
        aria-label={runWords.stages}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable
        tabIndex={0}
        {...{ onWheel: view.leave, onPointerDown: view.leave, onKeyDown: view.leave }}
        className="max-h-[62dvh] overflow-y-auto overflow-x-hidden focus-visible:-outline-offset-2"
      >
        <ol className="relative" style={{ blockSize: virtual.getTotalSize() }}>
          {virtual.getVirtualItems().map(({ index, start, size }) => {
            const line = lines[index];
            if (line === undefined) return null;
            const { row, one } = line;
            return (
              <li
                key={`${row.stage.key} ${one?.epoch ?? ''}`}
                className="absolute inset-x-0 top-0"
                style={{ transform: `translateY(${start}px)`, blockSize: size }}
              >
                <Row {...{ line, view, opened, isNarrow, onSelect }} isSelected={index === selectedAt} />
              </li>
            );
          })}
        </ol>
        {lines.length === 0 ? <p className="p-4 text-sm text-quiet">{runWords.noFailedStage}</p> : null}
      </section>
      {hasMoreAttempts ? <Cut after={attempts.length} /> : null}
      <Legend />
    </div>
  );
}

/** Brings a line into sight as soon as it is another one; -1 is none. */
function useSeen(virtual: { scrollToIndex(index: number): void }, at: number): void {
  const reveal = useEffectEvent(() => virtual.scrollToIndex(at));
  useEffect(() => {
    if (at !== -1) reveal();
  }, [at]);
}

const FRAME = 'group/timeline overflow-hidden rounded-lg border border-line bg-card shadow-card';
/** Room for what opens a stage is kept in all rows as soon as one has it, and in none before. */
const opensOf = ({ rows }: Model) => (rows.some(({ tries }) => tries.length > 0) ? '' : undefined);

function Cut({ after }: { after: number }) {
  return <p className="border-t border-line px-4 py-2 text-sm text-quiet">{runWords.attempts.cut(after)}</p>;
}

interface RowProps {
  line: Line;
  view: ReturnType<typeof useView>;
  opened: ReturnType<typeof useOpened>;
  isSelected: boolean;
  isNarrow: boolean;
  onSelect(key: string): void;
}

function Row({ line: { row, one }, view, opened, isSelected, isNarrow, onSelect }: RowProps) {
  const { scale } = view;
  const { key } = row.stage;
  if (one !== null) return <TryLane {...{ one, scale, isNarrow }} onSelect={() => onSelect(key)} />;
  return (
    <StageLane
      {...{ row, scale, isSelected, isNarrow, onSelect }}
      isOpen={opened.keys.has(key)}
      path={view.critical ? (row.isCritical ? 'on' : 'off') : undefined}
      onOpen={opened.open}
    />
  );
}

/** The stages whose attempts are looked at; in the address, as all else that one sees. */
function useOpened() {
  const [list, setList] = useQueryState('open', KEYS);
  const keys = useMemo(() => new Set(list), [list]);
  const open = useCallback(
    (key: string, wanted: boolean) =>
      void setList((before) => {
        const others = before.filter((each) => each !== key);
        const after = wanted ? [...others, key] : others;
        return after.length === 0 ? null : after;
      }),
    [setList],
  );
  return { keys, open };
}

const KEYS = parseAsArrayOf(parseAsString).withDefault([]);

function useModel(run: Run, attempts: readonly Attempt[]): Model {
  const handOuts = useHandOuts(run);
  const paceMs = Math.max(TICK_MS, run.stages.length / STAGES_A_MS);
  const now = useNow(isRunOver(run.status) ? undefined : paceMs);
  return useMemo(
    () =>
      buildTimeline({
        stages: run.stages,
        attempts,
        handOuts,
        createdAt: run.created_at,
        finishedAt: run.finished_at,
        now,
      }),
    [run, attempts, handOuts, now],
  );
}

const ZOOM = /^(\d{1,12})~(\d{1,12})$/;
const LEAST_MS = 5;

/** What part of the run is in sight, and how; all of it in the address. Whole runs follow the clock while they go on. */
function useView(model: Model) {
  const [zoom, setZoom] = useQueryState('zoom', parseAsString);
  const [fold, setFold] = useQueryState('fold', parseAsBoolean.withDefault(true));
  const [critical, setCritical] = useQueryState('critical', parseAsBoolean.withDefault(false));
  const [onlyFailed, setOnlyFailed] = useQueryState('failed', parseAsBoolean.withDefault(false));
  const found = zoom === null ? null : ZOOM.exec(zoom);
  const zoomed = found && Number(found[2]) > Number(found[1]);
  const [wantsLive, setLive] = useQueryState('live', parseAsBoolean.withDefault(false));
  const isLive = wantsLive && !model.isOver;
  const whole: Stretch = { from: model.from, to: model.to };
  const chosen: Stretch = zoomed
    ? { from: model.from + Number(found[1]), to: model.from + Number(found[2]) }
    : whole;
  const window = isLive ? followed({ window: chosen, whole }) : chosen;
  const { from, to } = window;
  const busy = useMemo(() => busyStretches(model), [model]);
  const isFolded = fold && !zoomed;
  // While somebody scrolls, each frame draws anew: it sorts what all stages did, so not each time.
  const scale: Scale = useMemo(
    () => createScale({ from, to }, isFolded ? busy : undefined),
    [from, to, isFolded, busy],
  );
  const zoomTo = (wanted: Stretch) => {
    void setLive(null);
    const [start, end] = [
      Math.max(0, wanted.from - model.from),
      Math.min(model.to - model.from, wanted.to - model.from),
    ];
    if (end - start >= LEAST_MS) void setZoom(`${Math.floor(start)}~${Math.ceil(end)}`);
  };
  const sight = { window, whole };
  const reset = () => {
    void setLive(null);
    void setZoom(null);
  };
  const zoomBy = (factor: number, share = 0.5) => {
    const moment = scale.timeAt(share);
    const next = zoomAt(sight, { moment, share, factor });
    if (next) zoomTo(next);
    else reset();
  };
  return {
    scale,
    window,
    isZoomed: Boolean(zoomed),
    zoomTo,
    zoomBy,
    panBy: (lengths: number) => zoomTo(panBy(sight, lengths)),
    reset,
    canFollow: !model.isOver,
    isLive,
    follow: () => void setLive(true),
    /** What a hand does to the view: it stays where it was seen. */
    leave() {
      if (!isLive) return;
      if (zoomed) zoomTo(window);
      else void setLive(null);
    },
    fold,
    setFold: (on: boolean) => void setFold(on),
    critical,
    setCritical: (on: boolean) => void setCritical(on),
    onlyFailed,
    setOnlyFailed: (on: boolean) => void setOnlyFailed(on),
  };
}

const KEY_STEP = 0.25;

/** By the wheel, at the pointer, and by keys: to what lies beside the part that is in sight. */
function useLookingCloser(view: ReturnType<typeof useView>) {
  const frame = useRef<HTMLDivElement>(null);
  const lane = useRef<HTMLDivElement>(null);
  useWheel(frame, (turn) => {
    const { left = 0, width = 1 } = lane.current?.getBoundingClientRect() ?? {};
    if ('zoom' in turn) view.zoomBy(turn.zoom, Math.min(Math.max((turn.x - left) / width, 0), 1));
    else if (view.isZoomed) view.panBy(turn.panPx / width);
    return 'zoom' in turn || view.isZoomed;
  });
  const off = { disabled: !view.isZoomed };
  useKeys(runWords.title, [
    { keys: 'left', label: runWords.keys.earlier, ...off, run: () => view.panBy(-KEY_STEP) },
    { keys: 'right', label: runWords.keys.later, ...off, run: () => view.panBy(KEY_STEP) },
    {
      ...{ keys: 'f', label: view.isLive ? runWords.keys.leave : runWords.keys.follow },
      ...{ disabled: !view.canFollow, run: view.isLive ? view.leave : view.follow },
    },
  ]);
  return { frame, lane };
}

function Tools({ view }: { view: ReturnType<typeof useView> }) {
  return (
    <div className="flex flex-wrap items-center gap-x-5 gap-y-1 border-b border-line px-4 py-1.5 text-sm print:hidden">
      <Switch label={runWords.criticalPath} checked={view.critical} onChange={view.setCritical} />
      <Switch label={runWords.foldIdle} checked={view.fold} onChange={view.setFold} />
      <Switch label={runWords.onlyFailed} checked={view.onlyFailed} onChange={view.setOnlyFailed} />
      <span className="ml-auto flex gap-1">
        {view.canFollow ? (
          <IconButton
            label={runWords.follow}
            icon={ArrowRightToLine}
            size="sm"
            pressed={view.isLive}
            onClick={view.isLive ? view.leave : view.follow}
          />
        ) : null}
        <IconButton label={runWords.zoomIn} icon={Plus} size="sm" onClick={() => view.zoomBy(0.5)} />
        <IconButton
          label={runWords.zoomOut}
          icon={Minus}
          size="sm"
          disabled={!view.isZoomed}
          onClick={() => view.zoomBy(2)}
        />
        <IconButton
          label={runWords.zoomAll}
          icon={Maximize2}
          size="sm"
          disabled={!view.isZoomed}
          onClick={view.reset}
        />
      </span>
    </div>
  );
}
