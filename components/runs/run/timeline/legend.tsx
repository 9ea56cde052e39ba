import { fillOf } from '../../../ui/status.tsx';
import { runWords } from '../run-words.ts';

/** Where nobody works: how a bar looks that has no state of its own. */
export const FILLS = {
  wait: fillOf({ tone: 'idle', pattern: 'striped' }),
  dispatch: fillOf({ tone: 'hold', pattern: 'outline' }),
  pause: fillOf({ tone: 'warn', pattern: 'dotted' }),
} as const;

/** Work is drawn in the state that it ended in; here as what goes well. */
const SHOWN = {
  wait: FILLS.wait,
  dispatch: FILLS.dispatch,
  run: fillOf({ tone: 'good', pattern: 'solid' }),
  pause: FILLS.pause,
};
const KINDS = ['wait', 'dispatch', 'run', 'pause'] as const satisfies readonly (keyof typeof SHOWN)[];

/** What the bars stand for: always all of it, so that nothing moves when one of a kind comes. */
export function Legend() {
  return (
    <ul
      aria-label={runWords.legend.label}
      className="-mt-px flex flex-wrap gap-x-5 gap-y-1 border-t border-line px-4 py-2 text-xs text-quiet"
    >
      {KINDS.map((kind) => (
        <li key={kind} className="flex items-center gap-2">
          <span
            aria-hidden
            className={`w-5 rounded-[2px] ${kind === 'run' ? 'h-3.5' : 'h-1.5'} ${SHOWN[kind]}`}
          />
          {runWords.legend[kind]}
        </li>
      ))}
    </ul>
  );
}
