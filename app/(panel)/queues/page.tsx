import type { Metadata } from 'next';
import { QueuesPage } from '../../../components/queues/index.ts';

export const metadata: Metadata = { title: 'Queues' };

export default function Page() {
  return <QueuesPage />;
}
