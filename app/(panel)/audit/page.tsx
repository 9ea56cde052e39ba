import type { Metadata } from 'next';
import { AuditPage } from '../../../components/audit/index.ts';

export const metadata: Metadata = { title: 'Audit' };

export default function Page() {
  return <AuditPage />;
}
