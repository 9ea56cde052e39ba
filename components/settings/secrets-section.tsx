'use client';

import { Plus, Vault } from 'lucide-react';
import { useState } from 'react';
import { FormDialog } from '../shell/form-dialog.tsx';
import { PagedTable } from '../shell/paged-table.tsx';
import { useAct } from '../shell/use-act.ts';
import { useMay } from '../shell/use-may.ts';
import { Button } from '../ui/button.tsx';
import { ConfirmDialog } from '../ui/dialog.tsx';
import { Field, TextInput } from '../ui/field.tsx';
import { Card } from '../ui/surface.tsx';
import { Ago } from '../ui/text.tsx';
import { NotYours } from './parts.tsx';
import { secretsWords } from './secrets-words.ts';
import { words } from './words.ts';

export function SecretsSection() {
  const may = useMay();
  return may('secret.manage') ? <Secrets /> : <NotYours />;
}

interface Writing {
  /** Null: of a new one. */
  name: string | null;
}

function Secrets() {
  const [writing, setWriting] = useState<Writing>();
  const [going, setGoing] = useState<string>();
  const remove = useAct('secrets.delete', { done: secretsWords.deleted });
  return (
    <Card
      title={words.sections.secrets}
      flush
      actions={
        <Button icon={Plus} size="sm" onClick={() => setWriting({ name: null })}>
          {secretsWords.new}
        </Button>
      }
    >
      <PagedTable
        label={words.sections.secrets}
        path="secrets.list"
        rowsOf={(page) => page.secrets}
        keyOf={(secret) => secret.name}
        empty={{ icon: Vault, title: secretsWords.none, note: secretsWords.noneNote }}
        columns={[
          {
            key: 'name',
            title: secretsWords.name,
            cell: ({ name }) => <span className="font-mono">{name}</span>,
          },
          { key: 'version', title: secretsWords.version, align: 'end', cell: ({ version }) => version },
          {
            key: 'at',
            title: secretsWords.replaced,
            wideOnly: true,
            cell: (secret) => <Ago at={secret.updated_at} />,
          },
          {
            key: 'used',
            title: secretsWords.usedBy,
            wideOnly: true,
            cell: ({ used_by: slugs }) => <span className="font-mono">{slugs.join(', ')}</span>,
          },
          {
            key: 'act',
            title: '',
            align: 'end',
            cell: ({ name }) => (
              <Acts name={name} onReplace={() => setWriting({ name })} onDelete={() => setGoing(name)} />
            ),
          },
        ]}
      />
      <WriteDialog key={writing?.name} writing={writing} onClose={() => setWriting(undefined)} />
      <ConfirmDialog
        open={going !== undefined}
        onOpenChange={() => setGoing(undefined)}
        title={secretsWords.deleteTitle(going ?? '')}
        consequence={secretsWords.deleteNote}
        confirmLabel={secretsWords.delete}
        danger
        onConfirm={() => {
          if (going !== undefined) remove.run({ name: going });
        }}
      />
    </Card>
  );
}

function Acts({ name, onReplace, onDelete }: { name: string; onReplace(): void; onDelete(): void }) {
  return (
    <>
      <Button look="quiet" size="sm" onClick={onReplace}>
        {secretsWords.replace}
        <span className="sr-only"> {name}</span>
      </Button>
      <Button look="quiet" size="sm" onClick={onDelete}>
        {secretsWords.delete}
        <span className="sr-only"> {name}</span>
      </Button>
    </>
  );
}

function WriteDialog({ writing, onClose }: { writing: Writing | undefined; onClose(): void }) {
  const [newName, setNewName] = useState('');
  const [value, setValue] = useState('');
  const name = writing?.name ?? newName.trim();
  const close = () => {
    setNewName('');
    setValue('');
    onClose();
  };
  const put = useAct('secrets.put', {
    done: (secret) => secretsWords.stored(secret.name),
    inDialog: writing !== undefined,
    onDone: close,
  });
  return (
    <FormDialog
      open={writing !== undefined}
      onOpenChange={close}
      title={writing?.name == null ? secretsWords.new : secretsWords.replaceTitle(writing.name)}
      description={secretsWords.newNote}
      send={secretsWords.store}
      busy={put.isBusy}
      failure={put.error}
      disabled={value === '' || name === ''}
      onSend={() => put.run({ name, value })}
    >
      {writing?.name == null ? (
        <Field label={secretsWords.name} hint={secretsWords.nameHint}>
          <TextInput value={newName} onChange={setNewName} mono required maxLength={128} />
        </Field>
      ) : null}
      <Field label={secretsWords.value}>
        <TextInput value={value} onChange={setValue} type="password" autoComplete="off" required mono />
      </Field>
    </FormDialog>
  );
}
