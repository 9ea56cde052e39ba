import { type LucideIcon, Workflow } from 'lucide-react';

export interface Place {
  label: string;
  href: string;
  icon: LucideIcon;
}

/** What the side bar offers, and in which order. */
export const PLACES: readonly Place[] = [{ label: 'Pipelines', href: '/pipelines', icon: Workflow }];

/** A page within a place counts as it. */
export function isPlaceOf({ href }: Place, path: string): boolean {
  return path === href || (href !== '/' && path.startsWith(`${href}/`));
}
