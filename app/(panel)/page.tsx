import type { Metadata } from 'next';
import { HomePage } from '../../components/home/index.ts';
import { titles } from '../words.ts';

export const metadata: Metadata = { title: titles.home };

export default function Page() {
  return <HomePage />;
}
