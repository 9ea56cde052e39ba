'use client';

import { Lock } from 'lucide-react';
import type { ReactNode } from 'react';
import { Button } from '../ui/button.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { Empty } from '../ui/feedback.tsx';
import { Card } from '../ui/surface.tsx';
import { Chip, CopyText } from '../ui/text.tsx';
import { words } from './words.ts';

/** Says who could, instead of an empty list. */
export function NotYours() {
  return (
    <Card>
      <Empty icon={Lock} title={words.notYours.title}>
        {words.notYours.note}
      </Empty>
    </Card>
  );
}

const SHOWN_CHIPS = 2;

/** The first of them; all when it is pointed at. */
export function SomeChips({ names }: { names: readonly string[] }) {
  const more = names.length - SHOWN_CHIPS;
  return (
    <span title={names.join(', ')} className="inline-flex items-center gap-1">
      {names.slice(0, SHOWN_CHIPS).map((name) => (
        <Chip key={name}>{name}</Chip>
      ))}
      {more > 0 ? <span className="text-xs text-quiet">{words.more(more)}</span> : null}
    </span>
  );
}

/** Beside a key or token that is refused though nobody has revoked it. */
export function Stopped({ because }: { because: string | null }) {
  if (because === null) return null;
  return <p className="text-xs text-quiet">{words.stopped(because)}</p>;
}

/** A secret, shown this once: it stays until somebody says that they have it. */
export function RevealDialog({
  title,
  secret,
  what,
  onClose,
  children,
}: {
  title: string;
  /** Null: nothing to show, the dialog is closed. */
  secret: string | null;
  /** What is copied. */
  what: string;
  onClose(): void;
  children?: ReactNode;
}) {
  return (
    <Dialog
      open={secret !== null}
      onOpenChange={() => undefined}
      title={title}
      description={words.once}
      width="md"
      mustChoose
      actions={
        <Button look="primary" onClick={onClose}>
          {words.kept}
        </Button>
      }
    >
      {secret === null ? null : (
        <div className="break-all rounded-md border border-line bg-sunken p-2">
          <CopyText text={secret} what={what} />
        </div>
      )}
      {children}
    </Dialog>
  );
}
