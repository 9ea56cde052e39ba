import type { Metadata } from 'next';
import '../../../../components/editor/canvas/canvas.css';
import { ComparePage } from '../../../../components/runs/compare/compare-page.tsx';
import { titles } from '../../../words.ts';

export const metadata: Metadata = { title: titles.compareRuns };

export default function Page() {
  return <ComparePage />;
}
