import { type LucideIcon, Workflow } from 'lucide-react';

export interface Place {
  label: string;
  href: string;
  icon: LucideIcon;
}

/** What the side bar offers, and in which order. */
export const PLACES: readonly Place[] = [{ label: 'Pipelines', href: '/', icon: Workflow }];

/** The place that a path belongs to: a page within it counts as it. Runs belong to the pipelines. */
export function isPlaceOf({ href }: Place, path: string): boolean {
  if (href === '/') return path === '/' || path.startsWith('/runs/');
  return path === href || path.startsWith(`${href}/`);
}
