import type { Metadata } from 'next';
import '../../../../components/editor/canvas/canvas.css';
import { PipelinePage } from '../../../../components/pipelines/page/pipeline-page.tsx';
import { titles } from '../../../words.ts';

export const metadata: Metadata = { title: titles.pipeline };

export default async function Page({ params }: { params: Promise<{ id: string }> }) {
  const { id } = await params;
  return <PipelinePage key={id} id={id} />;
}
