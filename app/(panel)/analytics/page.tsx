import type { Metadata } from 'next';
import { AnalyticsPage } from '../../../components/analytics/analytics-page.tsx';
import { titles } from '../../words.ts';

export const metadata: Metadata = { title: titles.analytics };

export default function Page() {
  return <AnalyticsPage />;
}
