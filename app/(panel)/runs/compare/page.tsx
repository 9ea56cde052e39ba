import type { Metadata } from 'next';
import '../../../../components/editor/canvas/canvas.css';
import { ComparePage } from '../../../../components/runs/compare/compare-page.tsx';

export const metadata: Metadata = { title: 'Compare runs' };

export default function Page() {
  return <ComparePage />;
}
