import type { Metadata } from 'next';
import { DesignPage } from '../../../components/design-page/index.ts';
import { titles } from '../../words.ts';

export const metadata: Metadata = { title: titles.design };

export default function Page() {
  return <DesignPage />;
}
