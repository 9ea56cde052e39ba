import type { Metadata } from 'next';
import '../../../../components/editor/canvas/canvas.css';
import { RunPage } from '../../../../components/runs/run/run-page.tsx';

export const metadata: Metadata = { title: 'Run' };

export default async function Page({ params }: { params: Promise<{ id: string }> }) {
  const { id } = await params;
  return <RunPage id={id} />;
}
