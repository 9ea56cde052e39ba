import type { Metadata } from 'next';
import { RunsPage } from '../../../components/runs/list/runs-page.tsx';
import { titles } from '../../words.ts';

export const metadata: Metadata = { title: titles.runs };

export default function Page() {
  return <RunsPage />;
}
