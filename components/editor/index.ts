'use client';

import dynamic from 'next/dynamic';
import { patiently } from '../ui/patiently.ts';

export type { StageMark } from './context.ts';

/** Each comes alone: who draws a graph on a page of their own does not load what changes one. */
export const EditorPage = dynamic(
  patiently(() => import('./editor-page.tsx').then((module) => module.EditorPage)),
);
export const GraphView = dynamic(
  patiently(() => import('./view/graph-view.tsx').then((module) => module.GraphView)),
);
export const DiffList = dynamic(
  patiently(() => import('./versions/diff-list.tsx').then((module) => module.DiffList)),
);
