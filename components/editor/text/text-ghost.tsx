import { words } from '../words.ts';

const LINES = 24;

/** Where text is about to stand: as many lines as there is room for, so that nothing moves when it comes. */
export function TextGhost() {
  return (
    <div role="status" aria-label={words.loadingTheText} className="relative h-full min-h-8">
      <div aria-hidden className="absolute inset-0 flex flex-col gap-2.5 overflow-hidden p-2.5">
        {Array.from({ length: LINES }, (_, line) => (
          <span
            // biome-ignore lint/suspicious/noArrayIndexKey: the lines are alike and never move
            key={line}
            className="h-2.5 shrink-0 rounded-sm bg-sunken motion-safe:animate-pulse"
            style={{
              inlineSize: `${35 + ((line * 23) % 50)}%`,
              marginInlineStart: `${((line * 7) % 4) * 0.75}rem`,
            }}
          />
        ))}
      </div>
    </div>
  );
}
