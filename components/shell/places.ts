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

export interface Place {
  label: string;
  href: string;
  icon: LucideIcon;
}

/** What the side bar offers, and in which order. */
export const PLACES: readonly Place[] = [
  { label: 'Home', href: '/', icon: House },
  { label: 'Pipelines', href: '/pipelines', icon: Workflow },
  { label: 'Runs', href: '/runs', icon: ListTree },
  { label: 'Agents', href: '/agents', icon: Bot },
  { label: 'Queues', href: '/queues', icon: Inbox },
  { label: 'Analytics', href: '/analytics', icon: ChartNoAxesColumn },
  // Not /mcp: that is the door for the clients themselves.
  { label: 'MCP', href: '/connections', icon: Cable },
  { label: 'Audit', href: '/audit', icon: ScrollText },
  { label: 'Settings', href: '/settings', icon: Settings },
];

/** A page within a place counts as it. */
export function isPlaceOf({ href }: Place, path: string): boolean {
  return path === href || (href !== '/' && path.startsWith(`${href}/`));
}

/** Where a pipeline is looked at, and where it is drawn. */
export const pipelineHref = (id: string): string => `/pipelines/${id}`;
export const editorHref = (id: string): string => `/pipelines/${id}/edit`;
