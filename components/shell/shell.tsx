import Link from 'next/link';
import type { ReactNode } from 'react';

export function Shell({ children }: { children: ReactNode }) {
  return (
    <>
      <a
        href="#main"
        className="sr-only focus:not-sr-only focus:absolute focus:left-4 focus:top-2 focus:bg-card focus:px-3 focus:py-1"
      >
        Skip to the content
      </a>
      <header className="border-b border-line bg-card">
        <nav aria-label="Main" className="mx-auto flex h-14 max-w-5xl items-center gap-6 px-4">
          <Link href="/" className="font-semibold tracking-tight">
            Signalbox
          </Link>
          <Link href="/" className="text-quiet hover:text-text">
            Pipelines
          </Link>
        </nav>
      </header>
      <main id="main" className="mx-auto max-w-5xl px-4 py-8">
        {children}
      </main>
    </>
  );
}
