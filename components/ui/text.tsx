'use client';

import { Check, Copy } from 'lucide-react';
import { type ReactNode, useEffect, useState } from 'react';
import { copyText } from './clipboard.ts';
import { useNowLater } from './clock.ts';
import { formatAge, formatAhead, formatMoment, formatSeconds } from './format.ts';
import { useToast } from './toast.tsx';
import { useTellsMoments } from './told-times.ts';
import { words } from './words.ts';
import { useZone } from './zone.ts';

const SAID_MS = 1500;

/** An id: short to look at, whole when copied. What is long is named by what it is alone. */
export function CopyText({
  text,
  shown = text,
  what,
  isLong = false,
}: {
  text: string;
  shown?: string;
  what: string;
  isLong?: boolean;
}) {
  const [isCopied, setCopied] = useState(false);
  const toast = useToast();
  useEffect(() => {
    if (!isCopied) return undefined;
    const timer = setTimeout(() => setCopied(false), SAID_MS);
    return () => clearTimeout(timer);
  }, [isCopied]);
  const copy = () => {
    void copyText(text).then((isDone) => {
      setCopied(isDone);
      if (!isDone) toast({ ...words.notCopied, isFailure: true });
    });
  };
  const Icon = isCopied ? Check : Copy;
  return (
    <button
      type="button"
      title={isLong ? words.copy(what) : text}
      aria-label={words.copy(isLong ? what : `${what} ${shown}`)}
      onClick={copy}
      className="group -mx-1 inline-flex h-6 max-w-[calc(100%+0.5rem)] pointer-coarse:h-9 items-center gap-1.5 rounded-sm px-1 font-mono text-xs text-quiet hover:bg-hover hover:text-text"
    >
      {shown === '' ? null : <span className="min-w-0 truncate">{shown}</span>}
      <Icon
        aria-hidden
        size={12}
        className={`shrink-0 print:hidden ${isCopied ? 'text-good' : 'opacity-50 group-hover:opacity-100'}`}
      />
      <span aria-live="polite" className="sr-only">
        {isCopied ? words.copied : ''}
      </span>
    </button>
  );
}

const TICK_MS = 10_000;

/** How long ago; the moment itself and its zone on demand: at rest of a pointer, or for all of them by `switchToldTimes`. */
export function Ago({ at }: { at: string }) {
  return <Moment at={at} say={(ms) => formatAge(-ms)} />;
}

/** How long until then. */
export function Until({ at }: { at: string }) {
  return <Moment at={at} say={formatAhead} />;
}

/** The day, the time of day, and the zone. */
const PARTS = /^(.+), (\S+)( \S+)$/;

function Moment({ at, say }: { at: string; say(msAhead: number): string }) {
  const now = useNowLater(TICK_MS);
  const moment = formatMoment(at, useZone());
  const relative = now === undefined ? moment : say(Date.parse(at) - now);
  const [, day = moment, clock = '', zone = ''] = PARTS.exec(moment) ?? [];
  return useTellsMoments() ? (
    // In a list it is told in two lines, and without its zone: as wide as that no column is.
    <time
      dateTime={at}
      title={relative}
      className="inline-block tabular-nums in-[[role=row],tr]:text-2xs in-[[role=row],tr]:leading-tight in-[[role=row],tr]:whitespace-normal"
    >
      <span className="in-[[role=row],tr]:block">{day}</span>
      <span className="in-[[role=row],tr]:hidden">{clock === '' ? '' : ', '}</span>
      {clock}
      <span className="in-[[role=row],tr]:hidden">{zone}</span>
    </time>
  ) : (
    <time dateTime={at} title={moment} className="whitespace-nowrap tabular-nums">
      {relative}
    </time>
  );
}

/** Text to be taken elsewhere: a program, a command. What copies it stands beside it, so that it covers nothing. */
export function CopyBlock({
  label,
  what = label,
  children,
}: {
  label: string;
  /** What the button copies, where the label says it otherwise. */
  what?: string;
  children: string;
}) {
  return (
    <div className="flex overflow-hidden rounded-md border border-line bg-sunken">
      <div className="min-w-0 grow">
        <Code label={label} isBare>
          {children}
        </Code>
      </div>
      <div className="shrink-0 border-l border-line p-1.5">
        <CopyText text={children} shown="" what={what} isLong />
      </div>
    </div>
  );
}

/** How long it has been going on, each second. */
export function Elapsed({ since }: { since: string }) {
  const now = useNowLater(1000);
  return (
    <span className="whitespace-nowrap tabular-nums">
      {now === undefined ? '' : formatSeconds(now - Date.parse(since))}
    </span>
  );
}

/** A word that something is sorted under, or a filter that is on. */
export function Chip({ children }: { children: ReactNode }) {
  return (
    <span className="inline-flex h-5 max-w-[min(12rem,100%)] shrink-0 items-center rounded-sm border border-line bg-sunken px-1.5 text-xs text-quiet">
      <span className="truncate">{children}</span>
    </span>
  );
}

/** Text that somebody else wrote, as it is: never markup, and only as wide as its place. */
export function Code({
  label,
  isBare = false,
  children,
}: {
  label: string;
  /** Within a frame that is drawn already. */
  isBare?: boolean;
  children: string;
}) {
  return (
    <section
      aria-label={label}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable
      tabIndex={0}
      className={`max-h-80 overflow-auto p-3 ${isBare ? 'focus-visible:-outline-offset-2' : 'rounded-md border border-line bg-sunken'}`}
    >
      <pre className="font-mono text-xs leading-5">{children}</pre>
    </section>
  );
}
