import type { Metadata } from 'next';
import { notFound } from 'next/navigation';
import { isSection, SettingsPage, titleOf } from '../../../../components/settings/index.ts';
import { titles } from '../../../words.ts';

interface Props {
  params: Promise<{ section: string }>;
}

export async function generateMetadata({ params }: Props): Promise<Metadata> {
  const { section } = await params;
  return { title: isSection(section) ? titleOf(section) : titles.settings };
}

export default async function Page({ params }: Props) {
  const { section } = await params;
  if (!isSection(section)) notFound();
  return <SettingsPage section={section} />;
}
