import { words } from './words.ts';

const SPOKEN: Record<string, string> = {
  mod: words.keys.mod,
  shift: '⇧',
  enter: '↵',
  esc: words.keys.esc,
  up: '↑',
  down: '↓',
  left: '←',
  right: '→',
  space: words.keys.space,
  delete: words.keys.delete,
  backspace: words.keys.backspace,
};

/** A shortcut as it is typed: `mod+k`. On a Mac `mod` is ⌘, which the page's own script puts in by attribute. */
export function Keys({ keys, on = 'page' }: { keys: string; on?: 'page' | 'ink' }) {
  const look = on === 'ink' ? 'border-on-ink/30 text-on-ink' : 'border-line bg-sunken text-quiet';
  return (
    <span className="inline-flex gap-0.5" aria-hidden>
      {keys.split('+').map((key) => (
        <kbd
          key={key}
          data-key={key}
          className={`inline-flex h-4.5 min-w-4.5 items-center justify-center rounded-sm border px-1 font-sans text-2xs ${look}`}
        >
          {SPOKEN[key] ?? key.toUpperCase()}
        </kbd>
      ))}
    </span>
  );
}
