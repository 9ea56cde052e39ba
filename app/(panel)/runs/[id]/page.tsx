import type { Metadata } from 'next';
import '../../../../components/editor/canvas/canvas.css';
import { Early, early } from '../../../../components/data/early.tsx';
import { RunPage } from '../../../../components/runs/run/run-page.tsx';
import { titles } from '../../../words.ts';

export const metadata: Metadata = { title: titles.run };

export default async function Page({ params }: { params: Promise<{ id: string }> }) {
  const { id } = await params;
  return (
    <>
      <Early asks={[early('runs.shape', { id })]} />
      <RunPage id={id} />
    </>
  );
}
