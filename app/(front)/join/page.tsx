import type { Metadata } from 'next';
import { JoinPage } from '../../../components/session/index.ts';

export const metadata: Metadata = { title: 'Join' };

export default function Page() {
  return <JoinPage />;
}
