'use client';

import { KeyRound, Plus } from 'lucide-react';
import { useState } from 'react';
import { SCOPES, type Scope } from '#server/domain/rights.ts';
import type { Answer, Input } from '../data/index.ts';
import { PagedTable } from '../shell/paged-table.tsx';
import { useAct } from '../shell/use-act.ts';
import { useMay } from '../shell/use-may.ts';
import { Button } from '../ui/button.tsx';
import { Checkbox } from '../ui/choice.tsx';
import { ConfirmDialog } from '../ui/dialog.tsx';
import { Field, TextInput } from '../ui/field.tsx';
import { Select } from '../ui/select.tsx';
import { Card } from '../ui/surface.tsx';
import type { TableColumn } from '../ui/table.tsx';
import { Ago, Chip, Until } from '../ui/text.tsx';
import { FormDialog, NotYours, RevealDialog } from './parts.tsx';
import { roleChoices, words } from './words.ts';

type Key = Answer<'keys.list'>['keys'][number];
type NewKey = Input<'keys.create'>;

const LIVES = [
  { value: '30', label: '30 days' },
  { value: '90', label: '90 days' },
  { value: '365', label: 'A year' },
  { value: 'never', label: 'For ever' },
] as const;
type Life = (typeof LIVES)[number]['value'];

export function KeysSection() {
  const may = useMay();
  if (!may('key.read')) return <NotYours />;
  return <Keys canManage={may('key.manage')} />;
}

function Keys({ canManage }: { canManage: boolean }) {
  const [isMaking, setMaking] = useState(false);
  const [ending, setEnding] = useState<Key>();
  const [shown, setShown] = useState<string | null>(null);
  const revoke = useAct('keys.revoke', { done: 'The key is worth nothing any more.' });
  const rotate = useAct('keys.rotate', { onDone: ({ key }) => setShown(key) });
  const make = canManage ? (
    <Button icon={Plus} size="sm" onClick={() => setMaking(true)}>
      New key
    </Button>
  ) : undefined;
  return (
    <Card title={words.sections.keys} flush actions={make}>
      <PagedTable
        label={words.sections.keys}
        path="keys.list"
        rowsOf={(page) => page.keys}
        keyOf={(key) => key.id}
        empty={{
          icon: KeyRound,
          title: 'No keys yet',
          note: 'Programs that call the API, the command line elsewhere and MCP clients sign in with one.',
        }}
        columns={keyColumns({ canManage, rotate: ({ id }) => rotate.run({ id }), end: setEnding })}
      />
      <NewKeyDialog open={isMaking} onOpenChange={setMaking} onMade={setShown} />
      <RevealDialog title="The new key" secret={shown} what="the key" onClose={() => setShown(null)} />
      <ConfirmDialog
        open={ending !== undefined}
        onOpenChange={() => setEnding(undefined)}
        title={`Revoke ${ending?.name ?? ''}?`}
        consequence="Programs that use it are refused from now on. It cannot be brought back."
        confirmLabel="Revoke"
        danger
        onConfirm={() => {
          if (ending) revoke.run({ id: ending.id });
        }}
      />
    </Card>
  );
}

interface NewKeyProps {
  open: boolean;
  onOpenChange(open: boolean): void;
  onMade(key: string): void;
}

function NewKeyDialog({ open, onOpenChange, onMade }: NewKeyProps) {
  const [name, setName] = useState('');
  const [role, setRole] = useState<NewKey['role']>('operator');
  const [life, setLife] = useState<Life>('90');
  const [scopes, setScopes] = useState<readonly Scope[]>([]);
  const [networks, setNetworks] = useState('');
  const create = useAct('keys.create', {
    onDone({ key }) {
      onOpenChange(false);
      setName('');
      setScopes([]);
      onMade(key);
    },
  });
  const send = () => {
    const from = networks.split(/[\s,]+/).filter(Boolean);
    create.run({
      name,
      role,
      scopes: scopes.length === 0 ? null : [...scopes],
      networks: from.length === 0 ? null : from,
      expires_in_days: life === 'never' ? null : Number(life),
    });
  };
  return (
    <FormDialog
      open={open}
      onOpenChange={onOpenChange}
      title="New key"
      description="It may do what both its role and you may, at each use."
      send="Make the key"
      busy={create.isBusy}
      disabled={name.trim() === ''}
      onSend={send}
    >
      <Field label="Name" hint="The program that it is for.">
        <TextInput value={name} onChange={setName} required maxLength={200} placeholder="ci" />
      </Field>
      <div className="grid grid-cols-2 gap-4">
        <div className="flex flex-col gap-1">
          <span className="text-sm font-medium">Role</span>
          <Select label="Role" value={role} choices={roleChoices} onChange={setRole} />
        </div>
        <div className="flex flex-col gap-1">
          <span className="text-sm font-medium">Lives</span>
          <Select label="Lives" value={life} choices={LIVES} onChange={setLife} />
        </div>
      </div>
      <fieldset>
        <legend className="text-sm font-medium">Narrowed to</legend>
        <p className="mb-1 text-xs text-quiet">None ticked: all that the role may.</p>
        <div className="grid grid-cols-2">
          {SCOPES.map((scope) => (
            <Checkbox
              key={scope}
              label={scope}
              checked={scopes.includes(scope)}
              onChange={(ticked) =>
                setScopes(ticked ? [...scopes, scope] : scopes.filter((each) => each !== scope))
              }
            />
          ))}
        </div>
      </fieldset>
      <Field
        label="Only from these networks"
        hint="Addresses or ranges, such as 10.1.0.0/16. Empty: from anywhere."
      >
        <TextInput value={networks} onChange={setNetworks} mono />
      </Field>
    </FormDialog>
  );
}

interface KeyActs {
  canManage: boolean;
  rotate(key: Key): void;
  end(key: Key): void;
}

function keyColumns({ canManage, rotate, end }: KeyActs): TableColumn<Key>[] {
  return [
    {
      key: 'name',
      title: 'Name',
      cell: (key) => (
        <>
          <span className="font-medium">{key.name}</span>{' '}
          <span className="font-mono text-xs text-quiet">…{key.last_four}</span>
        </>
      ),
    },
    {
      key: 'may',
      title: 'May',
      cell: (key) => (
        <span className="flex items-center gap-1">
          {words.roles[key.role]}
          {key.scopes?.map((scope) => (
            <Chip key={scope}>{scope}</Chip>
          ))}
        </span>
      ),
    },
    {
      key: 'used',
      title: 'Last used',
      wideOnly: true,
      cell: (key) => (key.last_used_at ? <Ago at={key.last_used_at} /> : words.never),
    },
    {
      key: 'ends',
      title: 'Ends',
      wideOnly: true,
      cell: (key) => (key.expires_at ? <Until at={key.expires_at} /> : words.never),
    },
    {
      key: 'act',
      title: '',
      align: 'end',
      cell: (key) =>
        canManage ? (
          <>
            <Button
              look="quiet"
              size="sm"
              onClick={() => rotate(key)}
              title="New letters; the old ones count for a day longer."
            >
              Rotate<span className="sr-only"> {key.name}</span>
            </Button>
            <Button look="quiet" size="sm" onClick={() => end(key)}>
              Revoke<span className="sr-only"> {key.name}</span>
            </Button>
          </>
        ) : null,
    },
  ];
}
