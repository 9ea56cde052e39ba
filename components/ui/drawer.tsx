'use client';

import { latePart, useLate } from './late.tsx';
import type { DrawerProps } from './parts/drawer.tsx';

const part = latePart(() => import('./parts/drawer.tsx'));

/**
 * Details beside the list they belong to. It leaves the page usable: what is behind it can still be clicked, scrolled
 * and reached by keyboard.
 */
export function Drawer(props: DrawerProps) {
  const parts = useLate(part, props.open);
  return parts ? <parts.Drawer {...props} /> : null;
}
