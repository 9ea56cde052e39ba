import type { Metadata } from 'next';
import { ConnectionPage } from '../../../../components/mcp/connection-page.tsx';
import { titles } from '../../../words.ts';

export const metadata: Metadata = { title: titles.connection };

export default async function Page({ params }: { params: Promise<{ id: string }> }) {
  const { id } = await params;
  return <ConnectionPage id={id} />;
}
