'use client';

import { AlertDialog } from '@base-ui/react/alert-dialog';
import { Dialog as Base } from '@base-ui/react/dialog';
import { X } from 'lucide-react';
import { type ReactNode, useId } from 'react';
import { Button, IconButton } from '../button.tsx';
import { Field, TextInput } from '../field.tsx';
import { keepFocus } from '../keep-focus.ts';
import { POPUP_SURFACE } from '../popup.ts';
import { words } from '../words.ts';
import { useTypedSince } from './typed-since.ts';

const SCRIM =
  'fixed inset-0 z-40 bg-scrim transition-opacity duration-150 data-starting-style:opacity-0 data-ending-style:opacity-0';
const BOX = `fixed left-1/2 top-[18vh] z-40 flex max-h-[72vh] w-[calc(100vw-2rem)] -translate-x-1/2 flex-col transition-[transform,opacity] duration-150 ease-calm data-starting-style:-translate-y-1 data-starting-style:opacity-0 data-ending-style:opacity-0 ${POPUP_SURFACE}`;
const WIDTHS = { sm: 'max-w-md', md: 'max-w-xl', lg: 'max-w-3xl' } as const;

export interface DialogProps {
  open: boolean;
  onOpenChange(open: boolean): void;
  title: string;
  /** One sentence under the title. */
  description?: ReactNode;
  width?: keyof typeof WIDTHS;
  /** One of its buttons has to be pressed: it cannot be put off. */
  mustChoose?: boolean;
  /** Buttons, the one that goes on last. */
  actions?: ReactNode;
  children?: ReactNode;
}

export function Dialog({
  open,
  onOpenChange,
  title,
  description,
  width = 'sm',
  mustChoose = false,
  actions,
  children,
}: DialogProps) {
  // Esc and a click beside it are no choice.
  const change = (isOpen: boolean) => (mustChoose && !isOpen ? undefined : onOpenChange(isOpen));
  return (
    <Base.Root open={open} onOpenChange={change}>
      <Base.Portal>
        <Base.Backdrop className={SCRIM} />
        <Base.Popup data-keys="own" className={`${BOX} ${WIDTHS[width]}`}>
          <div className="pl-5 pr-14 pt-4">
            <Base.Title className="text-lg font-semibold wrap-anywhere">{title}</Base.Title>
            {description ? (
              <Base.Description className="mt-0.5 text-sm text-quiet">{description}</Base.Description>
            ) : null}
          </div>
          <div className="min-h-0 grow overflow-y-auto px-5 py-4">{children}</div>
          {actions ? (
            <div className="flex flex-wrap justify-end gap-2 border-t border-line px-5 py-3">{actions}</div>
          ) : null}
          {/* Last, so that a dialog begins with what it is about and not with the way out of it. */}
          {mustChoose ? null : (
            <div className="absolute right-5 top-4">
              <Base.Close render={<IconButton label={words.close} icon={X} size="sm" />} />
            </div>
          )}
        </Base.Popup>
      </Base.Portal>
    </Base.Root>
  );
}

export interface SearchDialogProps {
  open: boolean;
  onOpenChange(open: boolean): void;
  /** Said aloud when it opens. */
  title: string;
  children: ReactNode;
}

export function SearchDialog({ open, onOpenChange, title, children }: SearchDialogProps) {
  return (
    <Base.Root open={open} onOpenChange={onOpenChange}>
      <Base.Portal>
        <Base.Backdrop className={SCRIM} />
        <Base.Popup data-keys="own" className={`${BOX} ${WIDTHS.md}`}>
          <Base.Title className="sr-only">{title}</Base.Title>
          {children}
        </Base.Popup>
      </Base.Portal>
    </Base.Root>
  );
}

export interface ConfirmProps {
  open: boolean;
  onOpenChange(open: boolean): void;
  title: string;
  /** What will be different afterwards. */
  consequence: ReactNode;
  confirmLabel: string;
  danger?: boolean;
  /** Asks why, and hands it over; an empty reason is not taken. */
  asksReason?: boolean;
  onConfirm(reason: string): void;
}

export function ConfirmDialog(props: ConfirmProps) {
  const { open, onOpenChange, title, consequence, confirmLabel, danger = false, asksReason = false } = props;
  const [reason, setReason] = useTypedSince(open);
  const form = useId();
  return (
    <AlertDialog.Root open={open} onOpenChange={onOpenChange}>
      <AlertDialog.Portal>
        <AlertDialog.Backdrop className={SCRIM} />
        <AlertDialog.Popup data-keys="own" className={`${BOX} ${WIDTHS.sm}`}>
          <div className="px-5 py-4">
            <AlertDialog.Title className="text-lg font-semibold">{title}</AlertDialog.Title>
            <AlertDialog.Description className="mt-1 text-sm text-quiet">
              {consequence}
            </AlertDialog.Description>
            <form
              id={form}
              className={asksReason ? 'mt-4' : ''}
              onSubmit={(event) => {
                event.preventDefault();
                // What it was asked about may have the focus again, and then be gone.
                keepFocus();
                onOpenChange(false);
                props.onConfirm(reason.trim());
              }}
            >
              {asksReason ? (
                <Field label={words.reason} hint={words.reasonHint}>
                  <TextInput value={reason} onChange={setReason} required maxLength={500} />
                </Field>
              ) : null}
            </form>
          </div>
          <div className="flex flex-wrap justify-end gap-2 border-t border-line px-5 py-3">
            <AlertDialog.Close render={<Button>{words.keep}</Button>} />
            <Button
              type="submit"
              form={form}
              look={danger ? 'danger' : 'primary'}
              disabled={asksReason && reason.trim() === ''}
            >
              {confirmLabel}
            </Button>
          </div>
        </AlertDialog.Popup>
      </AlertDialog.Portal>
    </AlertDialog.Root>
  );
}
