import type { ReactNode } from 'react';
import { DataProvider } from '../data/index.ts';
import { NoStyleElements } from '../ui/no-style-elements.tsx';
import { ToastProvider } from '../ui/toast.tsx';
import { TooltipProvider } from '../ui/tooltip.tsx';
import { KeysProvider } from './keys/index.ts';
import { LineBanner } from './line-banner.tsx';
import { OrgGuard } from './org-guard.tsx';
import { ServerTime } from './server-time.tsx';
import { SideBar } from './side-bar.tsx';
import { words } from './words.ts';

/** The frame around every page. What can be gone to is in `places.ts`; each page says its width by `Page`. */
export function Shell({ children }: { children: ReactNode }) {
  return (
    <DataProvider>
      <ServerTime>
        <TooltipProvider>
          <NoStyleElements>
            <ToastProvider>
              <KeysProvider>
                <a
                  href="#main"
                  className="sr-only focus:not-sr-only focus:fixed focus:left-3 focus:top-3 focus:z-50 focus:rounded-md focus:bg-ink focus:px-3 focus:py-1.5 focus:text-on-ink"
                >
                  {words.skip}
                </a>
                <div className="flex min-h-dvh flex-col md:flex-row">
                  <SideBar />
                  <main id="main" tabIndex={-1} className="flex min-w-0 grow flex-col outline-none">
                    <LineBanner />
                    <OrgGuard />
                    {children}
                  </main>
                </div>
              </KeysProvider>
            </ToastProvider>
          </NoStyleElements>
        </TooltipProvider>
      </ServerTime>
    </DataProvider>
  );
}
