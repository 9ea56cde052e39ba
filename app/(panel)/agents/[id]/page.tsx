import type { Metadata } from 'next';
import { AgentPage } from '../../../../components/agents/agent-page.tsx';
import { titles } from '../../../words.ts';

export const metadata: Metadata = { title: titles.agent };

export default async function Page({ params }: { params: Promise<{ id: string }> }) {
  const { id } = await params;
  return <AgentPage id={id} />;
}
