'use client';

import { useEffect, useEffectEvent, useState } from 'react';
import { lastReads } from './last-reads.ts';

/** Reads a log at its end, from when somebody has seen it go on. */
export function useLastReads(isOver: boolean, read: () => void): void {
  const readNow = useEffectEvent(read);
  const [reads] = useState(() => lastReads(() => readNow()));
  useEffect(() => reads.see(isOver), [reads, isOver]);
  useEffect(() => reads.stop, [reads]);
}
