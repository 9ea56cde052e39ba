import type { Metadata } from 'next';
import '../../../../components/editor/canvas/canvas.css';
import { PipelinePage } from '../../../../components/pipelines/page/pipeline-page.tsx';

export const metadata: Metadata = { title: 'Pipeline' };

export default async function Page({ params }: { params: Promise<{ id: string }> }) {
  const { id } = await params;
  return <PipelinePage key={id} id={id} />;
}
