'use client';

import { diffGraphs, type GraphDiff } from '../../../server/domain/graph/diff.ts';
import { graphSchema } from '../../../server/domain/graph/schema.ts';
import type { Json } from '../../../server/domain/json.ts';
import { counts } from '../model/words.ts';
import { words } from '../words.ts';

/** How two graphs differ; null when one of them is no graph (yet). */
export function diffOf(before: Json, after: Json): GraphDiff | null {
  const [one, two] = [graphSchema.safeParse(before), graphSchema.safeParse(after)];
  return one.success && two.success ? diffGraphs(one.data, two.data) : null;
}

const MAX_SHOWN = 60;
const show = (value: Json): string => {
  const text = value === null ? words.nothing : typeof value === 'string' ? value : JSON.stringify(value);
  return text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)}…` : text;
};

interface Line {
  key: string;
  mark: '+' | '−' | '~';
  text: string;
  detail?: string;
}

const TONES = { '+': 'text-good', '−': 'text-bad', '~': 'text-warn' } as const;
const WORDS = { '+': 'added', '−': 'removed', '~': 'changed' } as const;

/** What one says and the other does not, stage by stage and field by field. */
export function DiffList({ before, after }: { before: Json; after: Json }) {
  const diff = diffOf(before, after);
  if (!diff) return <p className="text-sm text-quiet">{words.theDraftHasErrorsSo}</p>;
  const lines = linesOf(diff);
  if (lines.length === 0) return <p className="text-sm text-quiet">{words.theySayTheSame}</p>;
  return (
    <ul
      aria-label={words.changes}
      className="flex max-h-64 flex-col gap-1 overflow-y-auto rounded-md border border-line bg-sunken p-2 text-sm"
    >
      {lines.map(({ key, mark, text, detail }) => (
        <li key={key} className="flex items-baseline gap-2">
          <span aria-hidden className={`font-mono ${TONES[mark]}`}>
            {mark}
          </span>
          <span className="sr-only">{WORDS[mark]}</span>
          <span className="min-w-0 wrap-anywhere">
            {text}
            {detail === undefined ? null : (
              <span className="block font-mono text-xs text-quiet">{detail}</span>
            )}
          </span>
        </li>
      ))}
    </ul>
  );
}

function linesOf({ stages, dependencies, settings }: GraphDiff): Line[] {
  const wire = ({ from, to }: { from?: Json; to?: Json }) => `${from} → ${to}`;
  return [
    ...stages.added.map((key): Line => ({ key: `+${key}`, mark: '+', text: words.stageOf(key) })),
    ...stages.removed.map((key): Line => ({ key: `-${key}`, mark: '−', text: words.stageOf(key) })),
    ...movedLines(stages.changed),
    ...stages.changed.flatMap(({ key, changes }) =>
      changes.filter(({ field }) => field !== 'ui').map((change) => changeLine(`${key}: `, change)),
    ),
    ...dependencies.added.map((part): Line => ({ key: `+${wire(part)}`, mark: '+', text: wire(part) })),
    ...dependencies.removed.map((part): Line => ({ key: `-${wire(part)}`, mark: '−', text: wire(part) })),
    ...settings.map((change) => changeLine('', change)),
  ];
}

const MAX_NAMED = 4;

/** Where stages lie is for the canvas to show; here it is one line. */
function movedLines(changed: GraphDiff['stages']['changed']): Line[] {
  const moved = changed
    .filter(({ changes }) => changes.some(({ field }) => field === 'ui'))
    .map(({ key }) => key);
  if (moved.length === 0) return [];
  const names = moved.length > MAX_NAMED ? counts.stages(moved.length) : moved.join(', ');
  return [{ key: '~moved', mark: '~', text: words.placesOf(names) }];
}

function changeLine(
  prefix: string,
  { field, before, after }: { field: string; before: Json; after: Json },
): Line {
  const key = `~${prefix}${field}`;
  if (field === 'ui') return { key, mark: '~', text: words.notesAndGroups };
  return { key, mark: '~', text: `${prefix}${field}`, detail: `${show(before)} → ${show(after)}` };
}
