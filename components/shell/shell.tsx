import type { ReactNode } from 'react';
import { ToastProvider } from '../ui/toast.tsx';
import { TooltipProvider } from '../ui/tooltip.tsx';
import { SideBar } from './side-bar.tsx';

/** The frame around every page. What can be gone to is in `places.ts`. */
export function Shell({ children }: { children: ReactNode }) {
  return (
    <TooltipProvider>
      <ToastProvider>
        <a
          href="#main"
          className="sr-only focus:not-sr-only focus:fixed focus:left-3 focus:top-3 focus:z-50 focus:rounded-md focus:bg-ink focus:px-3 focus:py-1.5 focus:text-on-ink"
        >
          Skip to the content
        </a>
        <div className="flex min-h-dvh flex-col md:flex-row">
          <SideBar />
          <main id="main" className="mx-auto w-full max-w-6xl min-w-0 grow px-4 py-6 md:px-8 md:py-7">
            {children}
          </main>
        </div>
      </ToastProvider>
    </TooltipProvider>
  );
}
