import { Lock } from 'lucide-react';
import { Empty } from '../ui/feedback.tsx';
import { Card } from '../ui/surface.tsx';
import { words } from './words.ts';

/** A part of a page that somebody's role keeps from them, and whom to ask. */
export function NotYours({ why }: { why: string }) {
  return (
    <Card flush>
      <Empty icon={Lock} title={why}>
        {words.askForMore}
      </Empty>
    </Card>
  );
}
