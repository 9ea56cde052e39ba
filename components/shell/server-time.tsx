'use client';

import type { ReactNode } from 'react';
import { serverClock } from '../data/index.ts';
import { ClockProvider } from '../ui/clock.ts';

/** Moments of the server are told by its clock, however wrong that of whoever looks may be. */
export function ServerTime({ children }: { children: ReactNode }) {
  return <ClockProvider value={serverClock}>{children}</ClockProvider>;
}
