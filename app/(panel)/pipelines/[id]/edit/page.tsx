import type { Metadata } from 'next';
import '../../../../../components/editor/canvas/canvas.css';
import { EditorPage } from '../../../../../components/editor/index.ts';

export const metadata: Metadata = { title: 'Editor' };

export default async function Page({ params }: { params: Promise<{ id: string }> }) {
  const { id } = await params;
  return <EditorPage key={id} id={id} />;
}
