import type { ReactNode } from 'react';
import { Link } from './link.tsx';
import { words } from './words.ts';

const WIDTHS = { reading: 'max-w-3xl', normal: 'max-w-6xl', wide: 'max-w-none' } as const;

/**
 * What every page but a canvas stands in. Lists that operators compare by are `wide`. `fill`: as high as the window,
 * so that a list inside it scrolls and what is above it stays.
 */
export function Page({
  width = 'normal',
  fill = false,
  children,
}: {
  width?: keyof typeof WIDTHS;
  fill?: boolean;
  children: ReactNode;
}) {
  const height = fill ? 'flex flex-col md:min-h-0 md:basis-0 md:overflow-y-auto md:pb-4' : '';
  return (
    <div className={`mx-auto w-full grow px-4 py-6 md:px-8 md:py-7 ${WIDTHS[width]} ${height}`}>
      {children}
    </div>
  );
}

/**
 * A card with a head. `flush`: what is inside reaches its edges, as tables and lists do. `fill`: no higher than what its
 * page has left, for a list that scrolls inside.
 */
export function Card({
  title,
  actions,
  flush = false,
  fill = false,
  children,
}: {
  title?: ReactNode;
  actions?: ReactNode;
  flush?: boolean;
  fill?: boolean;
  children: ReactNode;
}) {
  return (
    <section
      className={`overflow-hidden rounded-lg border border-line bg-card shadow-card ${fill ? FILLED : ''}`}
    >
      {title === undefined ? null : (
        <header className="flex min-h-11 flex-wrap items-center justify-between gap-x-4 gap-y-1.5 border-b border-line px-4 py-1.5">
          <h2 className="min-w-0 font-medium wrap-anywhere">{title}</h2>
          {actions}
        </header>
      )}
      <div className={`${flush ? '' : 'p-4'} ${fill ? FILLED : ''}`}>{children}</div>
    </section>
  );
}

/** It gives way to all that stands above it. */
const FILLED = 'flex min-h-0 shrink-[9999] flex-col';

/** The head of every page: where one is, what it is, what can be done here. */
export function PageHead({
  title,
  trail = [],
  note,
  actions,
}: {
  title: ReactNode;
  /** The pages above this one, outermost first. */
  trail?: readonly { label: string; href: string }[];
  note?: ReactNode;
  actions?: ReactNode;
}) {
  return (
    <header
      className={`mb-5 flex flex-wrap justify-between gap-x-6 gap-y-3 ${note || trail.length > 0 ? 'items-end' : 'items-center'}`}
    >
      <div className="min-w-0">
        {trail.length === 0 ? null : (
          <nav aria-label={words.breadcrumb} className="mb-1 flex gap-1.5 text-sm text-quiet print:hidden">
            {trail.map(({ label, href }, at) => (
              <span key={href} className="flex gap-1.5">
                {at === 0 ? null : <span aria-hidden>/</span>}
                <Link href={href} className="hover:text-text pointer-coarse:-my-2.5 pointer-coarse:py-2.5">
                  {label}
                </Link>
              </span>
            ))}
          </nav>
        )}
        <h1 className="flex items-center gap-3 text-xl font-semibold tracking-tight wrap-anywhere">
          {title}
        </h1>
        {note ? <div className="mt-1 text-quiet wrap-anywhere">{note}</div> : null}
      </div>
      {actions ? <div className="flex flex-wrap items-center gap-2">{actions}</div> : null}
    </header>
  );
}

/** One number that matters, and the way to the list behind it. */
export function Figure({
  label,
  value,
  unit,
  note,
  href,
  opens,
  children,
}: {
  label: string;
  value: ReactNode;
  unit?: string;
  note?: ReactNode;
  href?: string;
  /** Which list that is, for whoever rests on it. */
  opens?: string;
  /** A small chart. */
  children?: ReactNode;
}) {
  const body = (
    <>
      <span className="text-sm text-quiet">{label}</span>
      <span className="mt-1 flex items-baseline gap-1 text-2xl font-semibold tracking-tight tabular-nums">
        {value}
        {unit === undefined ? null : <span className="text-base font-normal text-quiet">{unit}</span>}
      </span>
      {children ? <span className="mt-2 block h-8">{children}</span> : null}
      {note ? <span className="mt-1 text-xs text-quiet">{note}</span> : null}
    </>
  );
  const shape = 'flex flex-col rounded-lg border border-line bg-card px-4 py-3 shadow-card';
  return href === undefined ? (
    <div className={shape}>{body}</div>
  ) : (
    <Link
      href={href}
      title={opens}
      className={`${shape} transition-colors duration-100 hover:border-control`}
    >
      {body}
    </Link>
  );
}
