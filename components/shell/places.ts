import { ChartNoAxesColumn, House, type LucideIcon, Workflow } from 'lucide-react';

export interface Place {
  label: string;
  href: string;
  icon: LucideIcon;
}

/** What the side bar offers, and in which order. */
export const PLACES: readonly Place[] = [
  { label: 'Home', href: '/', icon: House },
  { label: 'Pipelines', href: '/pipelines', icon: Workflow },
  { label: 'Analytics', href: '/analytics', icon: ChartNoAxesColumn },
];

/** A page within a place counts as it. */
export function isPlaceOf({ href }: Place, path: string): boolean {
  return path === href || (href !== '/' && path.startsWith(`${href}/`));
}
