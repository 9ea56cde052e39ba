import type { Metadata } from 'next';
import { BulkPage } from '../../../../components/runs/bulk/bulk-page.tsx';

export const metadata: Metadata = { title: 'Bulk action' };

export default async function Page({ params }: { params: Promise<{ id: string }> }) {
  const { id } = await params;
  return <BulkPage id={id} />;
}
