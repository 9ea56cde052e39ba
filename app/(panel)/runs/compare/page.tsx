import type { Metadata } from 'next';
import { ComparePage } from '../../../../components/runs/index.ts';

export const metadata: Metadata = { title: 'Compare runs' };

export default function Page() {
  return <ComparePage />;
}
