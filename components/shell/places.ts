import {
  Bot,
  Cable,
  ChartNoAxesColumn,
  House,
  Inbox,
  ListTree,
  type LucideIcon,
  ScrollText,
  Settings,
  Workflow,
} from 'lucide-react';
import type { Action } from './use-may.ts';
import { words } from './words.ts';

export interface Place {
  label: string;
  href: string;
  icon: LucideIcon;
  /** Whoever may not do that has nothing to see there. */
  needs?: Action;
}

/** What the side bar offers, and in which order; `usePlaces` leaves out what is not for whoever is signed in. */
export const PLACES: readonly Place[] = [
  { label: words.placeNames.home, href: '/', icon: House },
  { label: words.placeNames.pipelines, href: '/pipelines', icon: Workflow },
  { label: words.placeNames.runs, href: '/runs', icon: ListTree },
  { label: words.placeNames.agents, href: '/agents', icon: Bot },
  { label: words.placeNames.queues, href: '/queues', icon: Inbox },
  { label: words.placeNames.analytics, href: '/analytics', icon: ChartNoAxesColumn },
  // Not /mcp: that is the door for the clients themselves.
  { label: words.placeNames.mcp, href: '/connections', icon: Cable },
  { label: words.placeNames.audit, href: '/audit', icon: ScrollText, needs: 'audit.read' },
  { label: words.placeNames.settings, href: '/settings', icon: Settings },
];

/** A page within a place counts as it. */
export function isPlaceOf({ href }: Place, path: string): boolean {
  return path === href || (href !== '/' && path.startsWith(`${href}/`));
}

/** Where a pipeline is looked at, and where it is drawn. */
export const pipelineHref = (id: string): string => `/pipelines/${id}`;
export const editorHref = (id: string): string => `/pipelines/${id}/edit`;
