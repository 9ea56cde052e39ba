import type { Metadata } from 'next';
import { QueuesPage } from '../../../components/queues/index.ts';
import { titles } from '../../words.ts';

export const metadata: Metadata = { title: titles.queues };

export default function Page() {
  return <QueuesPage />;
}
