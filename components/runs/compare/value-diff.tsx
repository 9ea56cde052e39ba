'use client';

import { useQuery } from '@tanstack/react-query';
import { useMemo, useState } from 'react';
import { holdsHidden } from '../../../server/domain/hidden.ts';
import type { RunId } from '../../../server/domain/ids.ts';
import type { Json } from '../../../server/domain/json.ts';
import { rest } from '../../data/index.ts';
import { jsonText } from '../../looks/index.ts';
import { Broken } from '../../shell/broken.tsx';
import { Button } from '../../ui/button.tsx';
import { Skeleton } from '../../ui/feedback.tsx';
import { formatBytes } from '../../ui/format.ts';
import { aroundChanges, diffLines } from './diff-lines.ts';
import { contentOf, type PartsToLoad, partsToLoad, withContents } from './stored-parts.ts';
import { words } from './words.ts';

const LOOK = { same: 'text-quiet', gone: 'bg-bad-soft text-bad', new: 'bg-good-soft text-good' } as const;
const SIGN = { same: ' ', gone: '−', new: '+' } as const;
/** More lines are no help to anybody, and much to draw. All of them are compared. */
const MOST_LINES = 5000;

interface Side {
  runId: RunId;
  value: Json;
}

interface ValueDiffProps {
  first: Side;
  second: Side;
  /** What is said where both are the same. */
  equal: string;
}

/** What differs between a value of one run and of the other; what is stored apart is read for it, if it is not too large. */
export function ValueDiff({ first, second, equal }: ValueDiffProps) {
  const stored = useMemo(() => partsToLoad(first.value, second.value), [first.value, second.value]);
  const [isAsked, setAsked] = useState(false);
  const isWanted = stored.when === 'now' || (stored.when === 'asked' && isAsked);
  const contents = useContents([first.runId, second.runId], stored, isWanted);
  const lines = useMemo(() => {
    if (isWanted && contents.data === undefined) return undefined;
    const linesOf = (value: Json) =>
      jsonText(withContents(value, contents.data ?? new Map<string, Json>())).split('\n');
    return diffLines(linesOf(first.value), linesOf(second.value));
  }, [first.value, second.value, isWanted, contents.data]);
  if (contents.error && !lines) return <Broken of={contents} />;
  if (!lines) return <Skeleton label={words.loading} />;
  return (
    <div className="flex flex-col gap-3">
      {isWanted ? null : (
        <p className="flex flex-wrap items-center justify-between gap-3 text-sm text-quiet">
          {stored.when === 'never'
            ? words.storedTooLarge(formatBytes(stored.bytes))
            : words.stored(formatBytes(stored.bytes))}
          {stored.when === 'asked' ? (
            <Button size="sm" onClick={() => setAsked(true)}>
              {words.loadStored}
            </Button>
          ) : null}
        </p>
      )}
      {lines.every(({ kind }) => kind === 'same') ? (
        <p className="text-quiet">
          {[first, second].some(({ value }) => holdsHidden(value)) ? words.equalButHidden : equal}
        </p>
      ) : (
        <Lines lines={lines} />
      )}
    </div>
  );
}

/** By hash, so that what was read once is the same for ever. */
function useContents(runs: readonly [RunId, RunId], { parts }: PartsToLoad, isWanted: boolean) {
  const wanted = parts.flatMap((ofRun, at) => ofRun.map((part) => ({ ...part, runId: runs[at] })));
  return useQuery({
    queryKey: ['runs', 'stored-parts', ...wanted.map(({ hash }) => hash)],
    enabled: isWanted,
    staleTime: Number.POSITIVE_INFINITY,
    queryFn: async ({ signal }) =>
      new Map(
        await Promise.all(
          wanted.map(async (part) => {
            const answer = await rest(`/runs/${part.runId}/objects/${part.hash}`, { signal });
            return [part.hash, contentOf(part, await answer.text())] as const;
          }),
        ),
      ),
  });
}

function Lines({ lines }: { lines: ReturnType<typeof diffLines> }) {
  const around = aroundChanges(lines);
  return (
    <pre className="overflow-x-auto rounded-md border border-line bg-sunken py-2 font-mono text-xs leading-5">
      {around.slice(0, MOST_LINES).map((line, at) =>
        'skipped' in line ? (
          // biome-ignore lint/suspicious/noArrayIndexKey: a difference does not change
          <span key={at} className="block px-3 text-quiet">
            {words.skipped(line.skipped)}
          </span>
        ) : (
          // biome-ignore lint/suspicious/noArrayIndexKey: as above
          <span key={at} className={`block min-w-max px-3 ${LOOK[line.kind]}`}>
            {SIGN[line.kind]} {line.text}
          </span>
        ),
      )}
      {around.length > MOST_LINES ? (
        <span className="block px-3 text-quiet">{words.cut(around.length - MOST_LINES)}</span>
      ) : null}
    </pre>
  );
}
