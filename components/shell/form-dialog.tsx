'use client';

import { type ReactNode, useId } from 'react';
import type { ApiError } from '../data/index.ts';
import { Button } from '../ui/button.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { Failure, useFailureSince } from './failure.tsx';
import { words } from './words.ts';

interface FormDialogProps {
  open: boolean;
  onOpenChange(open: boolean): void;
  title: string;
  description?: string;
  width?: 'sm' | 'md' | 'lg';
  send: string;
  busy: boolean;
  disabled?: boolean;
  /** What it sends cannot be undone. */
  danger?: boolean;
  /** What came of sending it, if that went wrong; left out where it is shown among the fields. */
  failure?: ApiError | null;
  onSend(): void;
  children: ReactNode;
}

/** A form in a dialog: Enter sends it, and it closes when that is done. */
export function FormDialog({
  open,
  onOpenChange,
  title,
  description,
  width = 'sm',
  send,
  busy,
  disabled = false,
  danger = false,
  failure = null,
  onSend,
  children,
}: FormDialogProps) {
  const form = useId();
  const news = useFailureSince(open, failure);
  return (
    <Dialog
      open={open}
      onOpenChange={onOpenChange}
      title={title}
      description={description}
      width={width}
      actions={
        <>
          <Button onClick={() => onOpenChange(false)}>{words.leaveIt}</Button>
          <Button
            look={danger ? 'danger' : 'primary'}
            type="submit"
            form={form}
            busy={busy}
            disabled={disabled}
          >
            {send}
          </Button>
        </>
      }
    >
      <form
        id={form}
        className="flex flex-col gap-4 [&>[role=alert]]:my-0"
        onSubmit={(event) => {
          event.preventDefault();
          onSend();
        }}
      >
        {children}
        <Failure of={news} />
      </form>
    </Dialog>
  );
}
