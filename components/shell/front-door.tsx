import type { ReactNode } from 'react';
import { NoStyleElements } from '../ui/no-style-elements.tsx';
import { Mark } from './mark.tsx';
import { words } from './words.ts';

export function FrontDoor({ children }: { children: ReactNode }) {
  return (
    <div className="flex min-h-dvh flex-col items-center px-4 py-10 sm:py-[14vh]">
      <p className="mb-6 flex items-center gap-2 font-semibold tracking-tight">
        <Mark />
        {words.product}
      </p>
      <main
        id="main"
        className="w-full max-w-md rounded-lg border border-line bg-card px-6 py-7 shadow-card sm:px-8"
      >
        <NoStyleElements>{children}</NoStyleElements>
      </main>
    </div>
  );
}
