import type { Metadata } from 'next';
import { ErrorPage } from '../../../../../components/analytics/error-page.tsx';

export const metadata: Metadata = { title: 'Error' };

export default async function Page({ params }: { params: Promise<{ id: string }> }) {
  return <ErrorPage id={(await params).id} />;
}
