'use client';

import { type ReactNode, useState } from 'react';
import type { ApiError } from '../data/index.ts';
import { Field, TextInput } from '../ui/field.tsx';
import { FormDialog } from './form-dialog.tsx';
import { words } from './words.ts';

/** A session that was left open is not enough: who somebody is, is asked for once more. */
export function usePresentPassword(hasPassword: boolean) {
  const [password, setPassword] = useState('');
  return {
    hasPassword,
    password,
    setPassword,
    isMissing: hasPassword && password === '',
    /** As the API wants it. */
    proof: hasPassword ? { current_password: password } : {},
    clear: () => setPassword(''),
  };
}

/** `by` is theirs alone: whoever has no password is told what counts instead of one. */
export function PresentPassword({ by }: { by: ReturnType<typeof usePresentPassword> }) {
  if (!by.hasPassword) return <p className="text-sm text-quiet">{words.presentPassword.signedInJustNow}</p>;
  return (
    <Field label={words.presentPassword.label}>
      <TextInput
        value={by.password}
        onChange={by.setPassword}
        type="password"
        autoComplete="current-password"
        required
      />
    </Field>
  );
}

type Proof = ReturnType<typeof usePresentPassword>['proof'];

interface ProofDialogProps {
  title: string;
  description: string;
  send: string;
  busy: boolean;
  danger?: boolean;
  failure?: ApiError | null;
  hasPassword: boolean;
  onSend(proof: Proof): void;
  onClose(): void;
  children?: ReactNode;
}

/** Asks for one thing to be done to somebody's ways in, with the proof that they are theirs. */
export function ProofDialog({ hasPassword, onSend, onClose, children, ...form }: ProofDialogProps) {
  const present = usePresentPassword(hasPassword);
  return (
    <FormDialog
      {...form}
      open
      onOpenChange={onClose}
      disabled={present.isMissing}
      onSend={() => onSend(present.proof)}
    >
      <PresentPassword by={present} />
      {children}
    </FormDialog>
  );
}
