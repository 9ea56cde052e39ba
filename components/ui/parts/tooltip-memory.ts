'use client';

import { createContext } from 'react';

/** When one was last shown. */
export const TooltipMemory = createContext({ readAt: Number.NEGATIVE_INFINITY });
