'use client';

import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import type { RunId } from '../../../server/domain/ids.ts';
import { type Answer, query } from '../../data/index.ts';
import { lookOfRun } from '../../looks/index.ts';
import { Button } from '../../ui/button.tsx';
import { Link } from '../../ui/link.tsx';
import { shortId } from '../../ui/short-id.ts';
import { StatusIcon } from '../../ui/status.tsx';
import { compareHref } from '../compare-href.ts';
import { paceOf } from '../while-open.ts';
import { words } from '../words.ts';
import { runWords } from './run-words.ts';
import type { Run } from './use-run.ts';

const SHOWN_REPLAYS = 5;
/** A stage that was run alone, and not all from there on. */
const ALONE = 'stage';

const sayPart = ({ trigger, replay_from: from }: Run) =>
  trigger === ALONE ? runWords.onlyStage(from ?? '') : runWords.replayedFrom(from ?? '');

/** What it repeats, and what repeats it; each beside a way to lay the two side by side. */
export function Lineage({ run }: { run: Run }) {
  const { data } = useQuery({
    ...query('runs.lineage', { id: run.id as RunId }),
    refetchInterval: ({ state }) => paceOf(state.data?.replays ?? []) ?? false,
  });
  const [replays, ancestors] = [data?.replays ?? [], data?.ancestors ?? []];
  if (run.replay_of === null && replays.length === 0) return null;
  return (
    <div className="-mt-2 mb-4 flex flex-wrap items-center gap-x-4 gap-y-1 text-sm text-quiet">
      {run.replay_of === null ? null : (
        <span className="flex flex-wrap items-center gap-x-1.5">
          {runWords.replayOf} <RunLink id={run.replay_of} /> {sayPart(run)}
          <Compare a={run.replay_of} b={run.id} />
        </span>
      )}
      {ancestors.length > 1 ? <Line ancestors={ancestors} goesOn={data?.more_ancestors ?? false} /> : null}
      {replays.length === 0 ? null : (
        <span className="flex flex-wrap items-center gap-1.5">
          {runWords.replays}
          {replays.slice(0, SHOWN_REPLAYS).map((replay) => (
            <span key={replay.id} className="flex items-center gap-1">
              <Status of={replay} />
              <RunLink id={replay.id} />
            </span>
          ))}
          {replays[0] ? <Compare a={run.id} b={replays[0].id} /> : null}
          {replays.length > SHOWN_REPLAYS ? (
            <Link href={`/runs?replay_of=${run.id}`} className="text-accent hover:underline">
              {data?.more_replays ? runWords.manyReplays(replays.length) : words.runs(replays.length)}
            </Link>
          ) : null}
        </span>
      )}
    </div>
  );
}

type Ancestor = Answer<'runs.lineage'>['ancestors'][number];

/** Of a long line the ends say most: where it began, and what was tried last. */
const SHOWN_AT_EACH_END = 3;

/** The whole line of runs that led here, the oldest first. */
function Line({ ancestors, goesOn }: { ancestors: readonly Ancestor[]; goesOn: boolean }) {
  const [isWhole, setWhole] = useState(false);
  const line = ancestors.toReversed();
  const hidden = isWhole ? 0 : Math.max(0, line.length - 2 * SHOWN_AT_EACH_END);
  const [first, rest] = [line.slice(0, SHOWN_AT_EACH_END), line.slice(SHOWN_AT_EACH_END + hidden)];
  return (
    <nav aria-label={runWords.line} className="flex flex-wrap items-center gap-1.5">
      {goesOn ? <span title={runWords.lineGoesOn}>…</span> : null}
      <ol className="contents">
        {first.map((run) => (
          <LineRun key={run.id} run={run} />
        ))}
        {hidden === 0 ? null : (
          <li>
            <Button size="sm" look="plain" onClick={() => setWhole(true)}>
              {runWords.lineHidden(hidden)}
            </Button>
          </li>
        )}
        {rest.map((run) => (
          <LineRun key={run.id} run={run} />
        ))}
        <li aria-current="true">{runWords.lineEnd}</li>
      </ol>
    </nav>
  );
}

/** In words for whoever points at it or listens. */
function Status({ of: { status } }: { of: Pick<Ancestor, 'status'> }) {
  const look = lookOfRun(status);
  return (
    <span title={look.label}>
      <StatusIcon look={look} size={13} />
      <span className="sr-only">{look.label}</span>
    </span>
  );
}

function LineRun({ run }: { run: Ancestor }) {
  return (
    <li className="flex items-center gap-1">
      <Status of={run} />
      <RunLink id={run.id} />
      <span aria-hidden>→</span>
    </li>
  );
}

function RunLink({ id }: { id: string }) {
  return (
    <Link href={`/runs/${id}`} className="font-mono text-xs text-text hover:text-accent hover:underline">
      {shortId(id)}
    </Link>
  );
}

function Compare({ a, b }: { a: string; b: string }) {
  return (
    <span className="print:hidden">
      {'· '}
      <Link href={compareHref(a, b)} className="text-accent hover:underline">
        {runWords.compare}
      </Link>
    </span>
  );
}
