import type { Metadata } from 'next';
import { BulkPage } from '../../../../components/runs/bulk/bulk-page.tsx';
import { titles } from '../../../words.ts';

export const metadata: Metadata = { title: titles.bulkAction };

export default async function Page({ params }: { params: Promise<{ id: string }> }) {
  const { id } = await params;
  return <BulkPage id={id} />;
}
