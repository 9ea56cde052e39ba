import { CircleAlert, type LucideIcon } from 'lucide-react';
import type { ReactNode } from 'react';

/** What went wrong and what to do, said aloud when it appears, where it went wrong. */
export function Notice({
  message,
  advice,
  action,
}: {
  message: string;
  advice?: string | undefined;
  action?: ReactNode;
}) {
  return (
    <div
      role="alert"
      className="my-4 flex items-start gap-3 rounded-lg border border-bad/40 bg-bad-soft px-4 py-3 max-md:flex-wrap"
    >
      <CircleAlert aria-hidden size={16} className="mt-0.5 shrink-0 text-bad" />
      <div className="min-w-0 grow max-md:basis-[calc(100%-3rem)]">
        <p className="font-medium text-bad wrap-anywhere">{message}</p>
        {advice === undefined ? null : <p className="mt-0.5 text-sm text-text">{advice}</p>}
      </div>
      {action}
    </div>
  );
}

/** Why there is nothing, and the one thing to do about it. Loading is never shown as empty. */
export function Empty({
  icon: Icon,
  title,
  children,
  action,
}: {
  icon: LucideIcon;
  /** Left out where the head of the page says it. */
  title?: string;
  children?: ReactNode;
  action?: ReactNode;
}) {
  return (
    <div className="flex flex-col items-center gap-2 px-6 py-12 text-center">
      <span className="mb-1 flex size-10 items-center justify-center rounded-lg border border-line bg-sunken text-quiet">
        <Icon aria-hidden size={18} />
      </span>
      {title === undefined ? null : <p className="font-medium text-balance">{title}</p>}
      {children ? <div className="max-w-md text-sm text-quiet text-balance">{children}</div> : null}
      {action ? <div className="mt-2">{action}</div> : null}
    </div>
  );
}

/** Lines as tall as what will stand there, so that nothing moves when it comes. */
export function Skeleton({ rows = 3, label }: { rows?: number; label: string }) {
  return (
    <div role="status" aria-label={label} className="flex flex-col gap-3 p-4">
      {Array.from({ length: rows }, (_, row) => (
        <span
          // biome-ignore lint/suspicious/noArrayIndexKey: the rows are alike and never move
          key={row}
          aria-hidden
          className="h-4 rounded-sm bg-sunken motion-safe:animate-pulse"
          style={{ inlineSize: `${92 - ((row * 17) % 40)}%` }}
        />
      ))}
    </div>
  );
}

export function ProgressBar({ label, value }: { label: string; value: number }) {
  return <progress aria-label={label} max={1} value={value} className="progress-bar block h-1.5 w-full" />;
}
