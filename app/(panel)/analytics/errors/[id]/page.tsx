import type { Metadata } from 'next';
import { ErrorPage } from '../../../../../components/analytics/error-page.tsx';
import { titles } from '../../../../words.ts';

export const metadata: Metadata = { title: titles.errorGroup };

export default async function Page({ params }: { params: Promise<{ id: string }> }) {
  return <ErrorPage id={(await params).id} />;
}
