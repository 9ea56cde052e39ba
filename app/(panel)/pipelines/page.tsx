import type { Metadata } from 'next';
import { PipelinesPage } from '../../../components/pipelines/index.ts';

export const metadata: Metadata = { title: 'Pipelines' };

export default function Page() {
  return <PipelinesPage />;
}
