import type { Metadata } from 'next';
import { SignInPage } from '../../../components/session/sign-in-page.tsx';
import { titles } from '../../words.ts';

export const metadata: Metadata = { title: titles.signIn };

export default async function Page({
  searchParams,
}: {
  searchParams: Promise<Record<string, string | string[]>>;
}) {
  const { next, problem } = await searchParams;
  return (
    <SignInPage
      next={typeof next === 'string' ? next : null}
      problem={typeof problem === 'string' ? problem : null}
    />
  );
}
