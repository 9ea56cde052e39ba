import type { Metadata } from 'next';
import { McpPage } from '../../../components/mcp/mcp-page.tsx';
import { titles } from '../../words.ts';

export const metadata: Metadata = { title: titles.connections };

export default function Page() {
  return <McpPage />;
}
