import type { Metadata } from 'next';
import { AllowPage } from '../../../components/allow/allow-page.tsx';
import { words } from '../../../components/allow/words.ts';
import { DataProvider } from '../../../components/data/index.ts';

export const metadata: Metadata = { title: words.title };

export default async function Page({
  searchParams,
}: {
  searchParams: Promise<Record<string, string | string[]>>;
}) {
  const { request } = await searchParams;
  return (
    <DataProvider>
      <AllowPage request={typeof request === 'string' ? request : ''} />
    </DataProvider>
  );
}
