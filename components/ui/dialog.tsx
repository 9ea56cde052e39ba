'use client';

import { useEffect } from 'react';
import { latePart, useLate, whenIdle } from './late.tsx';
import type { ConfirmProps, DialogProps, SearchDialogProps } from './parts/dialogs.tsx';

const dialogs = latePart(() => import('./parts/dialogs.tsx'));

/** Something to fill in or to read before one goes on. */
export function Dialog(props: DialogProps) {
  const parts = useLate(dialogs, props.open);
  return parts ? <parts.Dialog {...props} /> : null;
}

/**
 * A field and what it finds, in the middle of the page: its content draws its own head. It is opened by a key, and what is
 * typed next is for it: so it is fetched before anybody asks, once the page has nothing else to do.
 */
export function SearchDialog(props: SearchDialogProps) {
  useEffect(() => whenIdle(() => void dialogs.load().catch(() => undefined)), []);
  const parts = useLate(dialogs, props.open);
  return parts ? <parts.SearchDialog {...props} /> : null;
}

/** Before what cannot be undone. It names what will happen, not "Are you sure?". */
export function ConfirmDialog(props: ConfirmProps) {
  const parts = useLate(dialogs, props.open);
  return parts ? <parts.ConfirmDialog {...props} /> : null;
}
