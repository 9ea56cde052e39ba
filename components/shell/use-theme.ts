import { useSyncExternalStore } from 'react';
import { readTheme, subscribeToTheme } from './theme.ts';

export const useTheme = () => useSyncExternalStore(subscribeToTheme, readTheme, () => 'system' as const);
