import type { Metadata } from 'next';
import { AgentsPage } from '../../../components/agents/index.ts';

export const metadata: Metadata = { title: 'Agents' };

export default function Page() {
  return <AgentsPage />;
}
