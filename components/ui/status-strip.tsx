'use client';

import { type KeyboardEvent, useState } from 'react';
import { fillOf, type Look } from './status.tsx';

/**
 * The last runs as bars, oldest first; each is a link to what it stands for. The strip is one stop of the tab key, at the
 * newest; arrows go along it.
 */
export function StatusStrip({
  label,
  bars,
}: {
  label: string;
  bars: readonly { key: string; look: Look; title: string; href: string; share?: number }[];
}) {
  const [chosen, setChosen] = useState<string>();
  const found = bars.findIndex(({ key }) => key === chosen);
  const at = found === -1 ? bars.length - 1 : found;
  const onKeyDown = (event: KeyboardEvent<HTMLOListElement>) => {
    const next = stepOf(event.key, at, bars.length);
    if (next === undefined) return;
    // Neither the list around it nor the page moves by it.
    event.preventDefault();
    event.stopPropagation();
    setChosen(bars[next]?.key);
    event.currentTarget.querySelectorAll('a')[next]?.focus();
  };
  return (
    <ol aria-label={label} className="flex h-6 items-stretch pointer-coarse:h-9" onKeyDown={onKeyDown}>
      {bars.map(({ key, look, title, href, share = 1 }, place) => (
        <li key={key} className="flex">
          {/* The whole column is pointed at, however low the bar in it. */}
          <a
            href={href}
            title={title}
            tabIndex={place === at ? 0 : -1}
            onFocus={() => setChosen(key)}
            className="group/bar flex items-end pr-0.5"
          >
            <span
              aria-hidden
              className={`block w-1.5 rounded-[2px] group-hover/bar:opacity-70 ${fillOf(look)}`}
              style={{ blockSize: `${Math.round(30 + 70 * Math.min(Math.max(share, 0), 1))}%` }}
            />
            <span className="sr-only">{title}</span>
          </a>
        </li>
      ))}
    </ol>
  );
}

/** Where a key leads to, of so many; undefined: it is none of the strip's. */
function stepOf(key: string, at: number, count: number): number | undefined {
  const last = count - 1;
  const steps: Record<string, number> = { ArrowLeft: at - 1, ArrowRight: at + 1, Home: 0, End: last };
  const next = steps[key];
  return next === undefined ? undefined : Math.min(Math.max(next, 0), last);
}
