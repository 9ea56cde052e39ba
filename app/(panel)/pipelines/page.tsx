import type { Metadata } from 'next';
import { PipelinesPage } from '../../../components/pipelines/pipelines-page.tsx';
import { titles } from '../../words.ts';

export const metadata: Metadata = { title: titles.pipelines };

export default function Page() {
  return <PipelinesPage />;
}
