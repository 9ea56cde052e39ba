import type { Metadata } from 'next';
import { cookies } from 'next/headers';
import { JoinPage } from '../../../components/session/join-page.tsx';
import { isSessionCookie } from '../../../components/session/session-cookie.ts';
import { titles } from '../../words.ts';

export const metadata: Metadata = { title: titles.join };

export default async function Page() {
  const names = (await cookies()).getAll().map(({ name }) => name);
  return <JoinPage mayBeSignedIn={names.some(isSessionCookie)} />;
}
