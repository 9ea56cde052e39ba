import type { Metadata } from 'next';
import { AgentsPage } from '../../../components/agents/agents-page.tsx';
import { titles } from '../../words.ts';

export const metadata: Metadata = { title: titles.agents };

export default function Page() {
  return <AgentsPage />;
}
