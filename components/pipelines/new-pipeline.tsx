'use client';

import { useQuery } from '@tanstack/react-query';
import { Plus } from 'lucide-react';
import { useRouter } from 'next/navigation';
import { useState } from 'react';
import { ApiError, act, query } from '../data/index.ts';
import { useMay } from '../shell/use-may.ts';
import { Button } from '../ui/button.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { Notice } from '../ui/feedback.tsx';
import { Field, TextInput } from '../ui/field.tsx';

const NOTHING = '';

/** A name and what to begin with, then straight into the editor. Nothing is published. */
export function NewPipeline() {
  const may = useMay();
  const [isOpen, setOpen] = useState(false);
  if (!may('pipeline.create')) return null;
  return (
    <>
      <Button look="primary" icon={Plus} onClick={() => setOpen(true)}>
        New pipeline
      </Button>
      {isOpen ? <NewDialog onClose={() => setOpen(false)} /> : null}
    </>
  );
}

function NewDialog({ onClose }: { onClose(): void }) {
  const router = useRouter();
  const { data } = useQuery(query('templates.list', {}));
  const [name, setName] = useState('');
  const [template, setTemplate] = useState(NOTHING);
  const [failure, setFailure] = useState<ApiError>();
  const [isBusy, setBusy] = useState(false);
  const make = () => {
    setBusy(true);
    setFailure(undefined);
    const document = data?.templates.find(({ key }) => key === template)?.document ?? { stages: [] };
    act('pipelines.import', {
      name: name.trim(),
      format: 'json',
      text: JSON.stringify(document),
      idempotency_key: crypto.randomUUID(),
    })
      .then(({ id }) => router.push(`/pipelines/${id}/edit`))
      .catch((error: unknown) => {
        setBusy(false);
        setFailure(error instanceof ApiError ? error : undefined);
      });
  };
  return (
    <Dialog
      open
      onOpenChange={onClose}
      width="md"
      title="New pipeline"
      actions={
        <Button look="primary" type="submit" form="new-pipeline" busy={isBusy} disabled={name.trim() === ''}>
          Create and edit
        </Button>
      }
    >
      <form
        id="new-pipeline"
        className="flex flex-col gap-4"
        onSubmit={(event) => {
          event.preventDefault();
          make();
        }}
      >
        {failure ? <Notice message={failure.message} advice={failure.advice} /> : null}
        <Field label="Name">
          <TextInput
            value={name}
            onChange={setName}
            required
            maxLength={200}
            autoFocus
            placeholder="Daily report"
          />
        </Field>
        <fieldset className="flex flex-col gap-1.5">
          <legend className="mb-1 text-sm font-medium">Begin with</legend>
          {[{ key: NOTHING, name: 'An empty canvas', description: '' }, ...(data?.templates ?? [])].map(
            (choice) => (
              <label
                key={choice.key}
                className="flex min-h-10 items-start gap-2.5 rounded-md border border-line px-3 py-2 has-checked:border-accent has-checked:bg-accent-soft"
              >
                <input
                  type="radio"
                  name="template"
                  className="mt-1 accent-accent"
                  checked={template === choice.key}
                  onChange={() => setTemplate(choice.key)}
                />
                <span className="min-w-0">
                  <span className="block text-base">{choice.name}</span>
                  {choice.description === '' ? null : (
                    <span className="block text-xs text-quiet">{choice.description}</span>
                  )}
                </span>
              </label>
            ),
          )}
        </fieldset>
      </form>
    </Dialog>
  );
}
