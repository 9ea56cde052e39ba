import type { Metadata } from 'next';
import '../../../../../components/editor/canvas/canvas.css';
import { Early, early } from '../../../../../components/data/early.tsx';
import { EditorPage } from '../../../../../components/editor/index.ts';
import { titles } from '../../../../words.ts';

export const metadata: Metadata = { title: titles.editor };

export default async function Page({ params }: { params: Promise<{ id: string }> }) {
  const { id } = await params;
  return (
    <>
      <Early asks={[early('me.get', {}), early('pipelines.get', { id })]} />
      <EditorPage key={id} id={id} />
    </>
  );
}
