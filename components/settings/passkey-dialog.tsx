'use client';

import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import type { ApiError } from '../data/index.ts';
import { addPasskey } from '../session/index.ts';
import { FormDialog } from '../shell/form-dialog.tsx';
import { PresentPassword, usePresentPassword } from '../shell/present-password.tsx';
import { Notice } from '../ui/feedback.tsx';
import { Field, TextInput } from '../ui/field.tsx';
import { useToast } from '../ui/toast.tsx';
import { browserName } from './browser-name.ts';
import { passkeysWords } from './passkeys-words.ts';

interface PasskeyDialogProps {
  open: boolean;
  onOpenChange(open: boolean): void;
  hasPassword: boolean;
}

/** Who they are, a name, and then the browser asks for the rest. What goes wrong is said here, where it can be tried again. */
export function PasskeyDialog({ open, onOpenChange, hasPassword }: PasskeyDialogProps) {
  const [name, setName] = useState<string>();
  const present = usePresentPassword(hasPassword);
  const { add, isBusy, error, forget } = useAdd();
  // biome-ignore lint/style/noRestrictedGlobals: its name is there without TLS too
  const chosen = name ?? (open ? browserName(navigator.userAgent).slice(0, 200) : '');
  const close = (isOpen: boolean) => {
    setName(undefined);
    present.clear();
    forget();
    onOpenChange(isOpen);
  };
  const send = async () => {
    const isAdded = await add({ name: chosen, proof: present.proof });
    if (isAdded) close(false);
  };
  return (
    <FormDialog
      open={open}
      onOpenChange={close}
      title={passkeysWords.add}
      description={passkeysWords.addNote}
      send={passkeysWords.go}
      busy={isBusy}
      disabled={chosen.trim() === '' || present.isMissing}
      onSend={() => void send()}
    >
      <Field label={passkeysWords.name} hint={passkeysWords.nameHint}>
        <TextInput value={chosen} onChange={setName} required maxLength={200} />
      </Field>
      <PresentPassword by={present} />
      {error ? <Notice message={error.message} advice={error.advice} /> : null}
    </FormDialog>
  );
}

function useAdd() {
  const queries = useQueryClient();
  const toast = useToast();
  const [isBusy, setBusy] = useState(false);
  const [error, setError] = useState<ApiError>();
  /** Whether there is one more. */
  const add = async (wish: Parameters<typeof addPasskey>[0]): Promise<boolean> => {
    setBusy(true);
    setError(undefined);
    try {
      const { name } = await addPasskey(wish);
      await queries.invalidateQueries({ queryKey: ['passkeys'] });
      toast({ title: passkeysWords.added(name) });
      return true;
    } catch (failure) {
      setError(failure as ApiError);
      return false;
    } finally {
      setBusy(false);
    }
  };
  return { add, isBusy, error, forget: () => setError(undefined) };
}
