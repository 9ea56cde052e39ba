import { Hourglass } from 'lucide-react';
import { useMay } from '../../shell/use-may.ts';
import { Link } from '../../ui/link.tsx';
import { Ago } from '../../ui/text.tsx';
import { runWords } from './run-words.ts';
import type { Run } from './use-run.ts';
import { type Waiting, wayOf } from './wait-way.ts';

/** Waits that end by themselves as the run goes on: nobody need do anything about them. */
const ORDINARY: ReadonlySet<string> = new Set(['dependency', 'queue']);
/** Waits that somebody can end on this page. */
const FOR_PEOPLE: ReadonlySet<string> = new Set(['approval', 'question']);
export const isForPeople = (code: string): boolean => FOR_PEOPLE.has(code);
const SHOWN = 3;

/** What holds the run up, in a sentence, with the way out; equal reasons are told once. */
export function WaitNotice({ run, onOpen }: { run: Run; onOpen(stageKey: string): void }) {
  const reasons = new Map<string, Waiting>();
  for (const stage of run.stages) {
    if (stage.waiting && !ORDINARY.has(stage.waiting.code) && !reasons.has(stage.waiting.sentence))
      reasons.set(stage.waiting.sentence, stage as Waiting);
  }
  if (reasons.size === 0) return null;
  return (
    <section
      aria-label={runWords.drawer.because}
      className="mb-4 rounded-lg border border-line bg-warn-soft px-4 py-3"
    >
      <ul className="flex flex-col gap-2">
        {[...reasons.values()].slice(0, SHOWN).map((stage) => (
          <li key={stage.key} className="flex items-start gap-3">
            <Hourglass aria-hidden size={16} className="mt-0.5 shrink-0 text-warn" />
            <div className="min-w-0">
              <p className="break-words">
                <button
                  type="button"
                  onClick={() => onOpen(stage.key)}
                  className="font-medium underline-offset-4 hover:underline pointer-coarse:relative pointer-coarse:-my-2 pointer-coarse:py-2"
                >
                  {stage.name}
                </button>
                : {stage.waiting.sentence}
              </p>
              <p className="text-sm text-quiet">
                {isForPeople(stage.waiting.code) ? runWords.below : stage.waiting.way_out}{' '}
                <WayOut stage={stage} />
                {stage.waiting.since === null ? null : (
                  <>
                    {' · '}
                    <Ago at={stage.waiting.since} />
                  </>
                )}
              </p>
            </div>
          </li>
        ))}
      </ul>
      {reasons.size > SHOWN ? (
        <p className="mt-2 text-sm text-quiet">{runWords.moreReasons(reasons.size - SHOWN)}</p>
      ) : null}
    </section>
  );
}

/** The page on which it is mended: of the agent that keeps it, or of those that could take it. */
function WayOut({ stage }: { stage: Waiting }) {
  const mayEnrol = useMay()('key.manage');
  const way = wayOf(stage, mayEnrol);
  if (way === null) return null;
  return (
    <Link href={way.href} className="text-accent hover:underline">
      {way.label}
    </Link>
  );
}
