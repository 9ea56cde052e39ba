import type { Metadata } from 'next';
import { AuditPage } from '../../../components/audit/index.ts';
import { titles } from '../../words.ts';

export const metadata: Metadata = { title: titles.audit };

export default function Page() {
  return <AuditPage />;
}
