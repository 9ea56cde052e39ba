'use client';

import { useQuery } from '@tanstack/react-query';
import { Fingerprint, Plus } from 'lucide-react';
import { useState } from 'react';
import { type Answer, query } from '../data/index.ts';
import { canUsePasskeys, namedAddress } from '../session/index.ts';
import { Broken } from '../shell/broken.tsx';
import { FormDialog } from '../shell/form-dialog.tsx';
import { ProofDialog } from '../shell/present-password.tsx';
import { useAct } from '../shell/use-act.ts';
import { Button } from '../ui/button.tsx';
import { Empty, Skeleton } from '../ui/feedback.tsx';
import { Field, TextInput } from '../ui/field.tsx';
import { Card } from '../ui/surface.tsx';
import { Table, type TableColumn } from '../ui/table.tsx';
import { Ago, Chip } from '../ui/text.tsx';
import { PasskeyDialog } from './passkey-dialog.tsx';
import { passkeysWords } from './passkeys-words.ts';

type Passkey = Answer<'passkeys.list'>['passkeys'][number];

/** By which this person signs in without a password. */
export function Passkeys({ hasPassword }: { hasPassword: boolean }) {
  const asked = useQuery(query('passkeys.list', {}));
  const { data, error } = asked;
  const [isAdding, setAdding] = useState(false);
  const [naming, setNaming] = useState<Passkey>();
  const [removing, setRemoving] = useState<Passkey>();
  // Sections are drawn in the browser alone, and only it knows.
  const isFit = canUsePasskeys();
  const add = isFit ? (
    <Button icon={Plus} size="sm" onClick={() => setAdding(true)}>
      {passkeysWords.add}
    </Button>
  ) : undefined;
  return (
    <Card title={passkeysWords.title} flush actions={add}>
      {error ? <Broken of={asked} /> : null}
      {data || error ? null : <Skeleton label={passkeysWords.loading} rows={2} />}
      {data?.passkeys.length === 0 ? (
        <Empty icon={Fingerprint} title={passkeysWords.none}>
          {passkeysWords.noneNote}
        </Empty>
      ) : null}
      {data && data.passkeys.length > 0 ? (
        <Table
          label={passkeysWords.title}
          rows={data.passkeys}
          keyOf={({ id }) => id}
          columns={columns({ rename: setNaming, remove: setRemoving })}
        />
      ) : null}
      {isFit ? null : <Elsewhere better={namedAddress()} />}
      <PasskeyDialog open={isAdding} onOpenChange={setAdding} hasPassword={hasPassword} />
      {naming ? <NameDialog key={naming.id} passkey={naming} onClose={() => setNaming(undefined)} /> : null}
      {removing ? (
        <RemoveDialog
          key={removing.id}
          passkey={removing}
          hasPassword={hasPassword}
          onClose={() => setRemoving(undefined)}
        />
      ) : null}
    </Card>
  );
}

function columns(act: {
  rename(passkey: Passkey): void;
  remove(passkey: Passkey): void;
}): TableColumn<Passkey>[] {
  const isHere = ({ host }: Passkey) => host === window.location.hostname;
  return [
    {
      key: 'name',
      title: passkeysWords.name,
      cell: (passkey) => (
        <span className="font-medium">
          {passkey.name} {isHere(passkey) ? null : <Chip>{passkeysWords.onlyAt(passkey.host)}</Chip>}
        </span>
      ),
    },
    {
      key: 'made',
      title: passkeysWords.made,
      wideOnly: true,
      cell: ({ created_at: at }) => <Ago at={at} />,
    },
    {
      key: 'used',
      title: passkeysWords.used,
      wideOnly: true,
      cell: ({ last_used_at: at }) => (at === null ? passkeysWords.never : <Ago at={at} />),
    },
    {
      key: 'act',
      title: '',
      align: 'end',
      cell: (passkey) => (
        <>
          <Button look="quiet" size="sm" onClick={() => act.rename(passkey)}>
            {passkeysWords.rename}
            <span className="sr-only"> {passkey.name}</span>
          </Button>
          <Button look="quiet" size="sm" onClick={() => act.remove(passkey)}>
            {passkeysWords.remove}
            <span className="sr-only"> {passkey.name}</span>
          </Button>
        </>
      ),
    },
  ];
}

/** Why none can be added at this address. */
function Elsewhere({ better }: { better: string | null }) {
  return (
    <p className="border-t border-line px-4 py-2.5 text-sm text-quiet">
      {passkeysWords.notHere}{' '}
      {better === null ? (
        passkeysWords.byHttps
      ) : (
        <>
          {passkeysWords.openAt}{' '}
          <a className="text-accent underline underline-offset-2" href={`${better}/settings/account`}>
            {better}
          </a>
        </>
      )}
    </p>
  );
}

function NameDialog({ passkey, onClose }: { passkey: Passkey; onClose(): void }) {
  const [name, setName] = useState(passkey.name);
  const rename = useAct('passkeys.rename', { inDialog: true, onDone: onClose });
  return (
    <FormDialog
      open
      onOpenChange={onClose}
      title={passkeysWords.renameTitle(passkey.name)}
      send={passkeysWords.rename}
      busy={rename.isBusy}
      failure={rename.error}
      disabled={name.trim() === '' || name === passkey.name}
      onSend={() => rename.run({ id: passkey.id, name })}
    >
      <Field label={passkeysWords.name}>
        <TextInput value={name} onChange={setName} required maxLength={200} />
      </Field>
    </FormDialog>
  );
}

interface RemoveProps {
  passkey: Passkey;
  hasPassword: boolean;
  onClose(): void;
}

function RemoveDialog({ passkey: { id, name }, ...rest }: RemoveProps) {
  const remove = useAct('passkeys.remove', {
    refresh: [['passkeys'], ['me']],
    inDialog: true,
    done: passkeysWords.removed,
    onDone: rest.onClose,
  });
  return (
    <ProofDialog
      {...rest}
      title={passkeysWords.removeTitle(name)}
      description={passkeysWords.removeNote}
      send={passkeysWords.remove}
      danger
      busy={remove.isBusy}
      failure={remove.error}
      onSend={(proof) => remove.run({ id, ...proof })}
    />
  );
}
