'use client';

import { useSyncExternalStore } from 'react';
import { outdated } from './outdated.ts';

export const useIsOutdated = (): boolean =>
  useSyncExternalStore(outdated.subscribe, outdated.get, () => false);
