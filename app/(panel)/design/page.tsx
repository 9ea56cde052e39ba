import type { Metadata } from 'next';
import { DesignPage } from '../../../components/design-page/index.ts';

export const metadata: Metadata = { title: 'Design' };

export default function Page() {
  return <DesignPage />;
}
