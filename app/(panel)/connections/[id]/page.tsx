import type { Metadata } from 'next';
import { ConnectionPage } from '../../../../components/mcp/connection-page.tsx';

export const metadata: Metadata = { title: 'MCP server' };

export default async function Page({ params }: { params: Promise<{ id: string }> }) {
  const { id } = await params;
  return <ConnectionPage id={id} />;
}
