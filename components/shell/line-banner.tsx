'use client';

import { CloudOff, RefreshCw } from 'lucide-react';
import { useRouter } from 'next/navigation';
import { useEffect, useState } from 'react';
import { useLineState } from '../data/index.ts';
import { Button } from '../ui/button.tsx';
import { isServerThere } from '../ui/outdated.ts';
import { useIsOutdated } from '../ui/use-is-outdated.ts';
import { words } from './words.ts';

/** Says that what is on screen may be old, and that the page itself is. When the line is back, everything shown has been asked for anew. */
export function LineBanner() {
  const isCut = ['cut', 'denied'].includes(useLineState());
  const isHeld = useHeldLinks(isCut);
  const isOutdated = useIsOutdated();
  return (
    // In sight wherever somebody has scrolled to, and below what opens over the page.
    <div role="status" className="sticky top-0 z-20 print:hidden">
      {isCut ? (
        <p className="flex min-h-9 items-center gap-2 border-b border-line bg-warn-soft px-4 py-1.5 text-sm text-warn md:px-8">
          <CloudOff aria-hidden size={14} className="shrink-0" />
          {isHeld ? words.cutAndHeld : words.cut}
        </p>
      ) : null}
      {isOutdated ? (
        <div className="flex min-h-9 flex-wrap items-center gap-x-3 gap-y-1 border-b border-line bg-warn-soft px-4 py-1.5 text-sm text-warn md:px-8">
          <RefreshCw aria-hidden size={14} className="shrink-0" />
          <p>{words.outdated}</p>
          <Button size="sm" onClick={() => window.location.reload()}>
            {words.reload}
          </Button>
        </div>
      ) : null}
    </div>
  );
}

/**
 * A way to another page that cannot be had would end at the browser's own page of errors, and what is on screen would be gone. So
 * while there is no line each is looked into first. Whether one was refused.
 */
function useHeldLinks(isCut: boolean): boolean {
  const { push } = useRouter();
  const [isHeld, setHeld] = useState(false);
  useEffect(() => {
    if (!isCut) return undefined;
    const onClick = (event: MouseEvent) => {
      const href = hrefOf(event);
      if (href === undefined) return;
      event.preventDefault();
      event.stopPropagation();
      void isServerThere().then((isThere) => (isThere ? push(href) : setHeld(true)));
    };
    // Before the links themselves hear of it.
    document.addEventListener('click', onClick, { capture: true });
    return () => {
      document.removeEventListener('click', onClick, { capture: true });
      setHeld(false);
    };
  }, [isCut, push]);
  return isHeld;
}

/** Where a click in this window leads within the panel. */
function hrefOf({ target, button, ctrlKey, metaKey, shiftKey, altKey }: MouseEvent): string | undefined {
  if (button !== 0 || ctrlKey || metaKey || shiftKey || altKey || !(target instanceof Element))
    return undefined;
  const link = target.closest<HTMLAnchorElement>('a[href]');
  if (!link || link.target === '_blank' || link.hasAttribute('download')) return undefined;
  const { origin, pathname, search, hash } = new URL(link.href);
  return origin === window.location.origin ? pathname + search + hash : undefined;
}
