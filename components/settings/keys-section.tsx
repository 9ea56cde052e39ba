'use client';

import { useQuery } from '@tanstack/react-query';
import { KeyRound, Plus } from 'lucide-react';
import { useState } from 'react';
import { SCOPES, type Scope } from '#server/domain/rights.ts';
import { type Answer, type Input, query } from '../data/index.ts';
import { FormDialog } from '../shell/form-dialog.tsx';
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
import { Ago, Until } from '../ui/text.tsx';
import { keysWords } from './keys-words.ts';
import { NotYours, RevealDialog, SomeChips, Stopped } from './parts.tsx';
import { roleChoices, words } from './words.ts';

type Key = Answer<'keys.list'>['keys'][number];
type NewKey = Input<'keys.create'>;

const LIVES = [
  { value: '30', label: keysWords.lives.month },
  { value: '90', label: keysWords.lives.quarter },
  { value: '365', label: keysWords.lives.year },
  { value: 'never', label: keysWords.lives.ever },
] as const;
type Life = (typeof LIVES)[number]['value'];

export function KeysSection() {
  const may = useMay();
  if (!may('key.read')) return <NotYours />;
  return <Keys canManage={may('key.manage')} />;
}

function Keys({ canManage }: { canManage: boolean }) {
  const { data: me } = useQuery(query('me.get', {}));
  const [isMaking, setMaking] = useState(false);
  const [ending, setEnding] = useState<Key>();
  const [renewing, setRenewing] = useState<Key>();
  const [shown, setShown] = useState<string | null>(null);
  const revoke = useAct('keys.revoke', { done: keysWords.revoked });
  const rotate = useAct('keys.rotate', { onDone: ({ key }) => setShown(key) });
  const make = canManage ? (
    <Button icon={Plus} size="sm" onClick={() => setMaking(true)}>
      {keysWords.new}
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
          title: keysWords.none,
          note: keysWords.noneNote,
        }}
        columns={keyColumns({
          canManage,
          myId: me?.account?.id,
          isRotating: rotate.isBusy,
          rotate: setRenewing,
          end: setEnding,
        })}
      />
      <p className="border-t border-line px-4 py-2.5 text-sm text-quiet">
        {keysWords.whatFor}{' '}
        <a className="text-accent underline underline-offset-2" href="/api/docs">
          {keysWords.reference}
        </a>
      </p>
      <NewKeyDialog open={isMaking} onOpenChange={setMaking} onMade={setShown} />
      <RevealDialog
        title={keysWords.made}
        secret={shown}
        what={keysWords.what}
        onClose={() => setShown(null)}
      />
      <RotateDialog of={renewing} onClose={() => setRenewing(undefined)} onConfirm={rotate.run} />
      <ConfirmDialog
        open={ending !== undefined}
        onOpenChange={() => setEnding(undefined)}
        title={keysWords.revokeTitle(ending?.name ?? '')}
        consequence={keysWords.revokeNote}
        confirmLabel={keysWords.revoke}
        danger
        onConfirm={() => {
          if (ending) revoke.run({ id: ending.id });
        }}
      />
    </Card>
  );
}

interface RotateProps {
  of: Key | undefined;
  onClose(): void;
  onConfirm(key: { id: Key['id'] }): void;
}

function RotateDialog({ of, onClose, onConfirm }: RotateProps) {
  return (
    <ConfirmDialog
      open={of !== undefined}
      onOpenChange={onClose}
      title={keysWords.rotateTitle(of?.name ?? '')}
      consequence={keysWords.rotateNote}
      confirmLabel={keysWords.rotate}
      onConfirm={() => {
        if (of) onConfirm({ id: of.id });
      }}
    />
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
    inDialog: open,
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
      title={keysWords.new}
      description={keysWords.newNote}
      send={keysWords.make}
      busy={create.isBusy}
      failure={create.error}
      disabled={name.trim() === ''}
      onSend={send}
    >
      <Field label={keysWords.name} hint={keysWords.nameHint}>
        <TextInput
          value={name}
          onChange={setName}
          required
          maxLength={200}
          placeholder={keysWords.nameExample}
        />
      </Field>
      <div className="grid grid-cols-2 gap-4">
        <div className="flex flex-col gap-1">
          <span className="text-sm font-medium">{keysWords.role}</span>
          <Select label={keysWords.role} value={role} choices={roleChoices} onChange={setRole} />
        </div>
        <div className="flex flex-col gap-1">
          <span className="text-sm font-medium">{keysWords.life}</span>
          <Select label={keysWords.life} value={life} choices={LIVES} onChange={setLife} />
        </div>
      </div>
      <ScopeTicks scopes={scopes} onChange={setScopes} />
      <Field label={keysWords.networks} hint={keysWords.networksHint}>
        <TextInput value={networks} onChange={setNetworks} mono />
      </Field>
    </FormDialog>
  );
}

/** None of them: all that the role may. */
function ScopeTicks({
  scopes,
  onChange,
}: {
  scopes: readonly Scope[];
  onChange(scopes: readonly Scope[]): void;
}) {
  return (
    <fieldset>
      <legend className="text-sm font-medium">{keysWords.scopes}</legend>
      <p className="mb-1 text-xs text-quiet">{keysWords.scopesNote}</p>
      <div className="grid grid-cols-2">
        {SCOPES.map((scope) => (
          <Checkbox
            key={scope}
            label={scope}
            checked={scopes.includes(scope)}
            onChange={(ticked) =>
              onChange(ticked ? [...scopes, scope] : scopes.filter((each) => each !== scope))
            }
          />
        ))}
      </div>
    </fieldset>
  );
}

interface KeyActs {
  canManage: boolean;
  /** Whoever looks; undefined: not yet known. */
  myId: string | undefined;
  isRotating: boolean;
  rotate(key: Key): void;
  end(key: Key): void;
}

function keyColumns({ canManage, myId, isRotating, rotate, end }: KeyActs): TableColumn<Key>[] {
  return [
    {
      key: 'name',
      title: keysWords.name,
      takesRest: true,
      cell: (key) => (
        <>
          <span className="flex items-baseline gap-1.5" title={key.name}>
            <span className="min-w-0 truncate font-medium">{key.name}</span>
            <span className="shrink-0 font-mono text-xs text-quiet">…{key.last_four}</span>
          </span>
          <Stopped because={key.stopped_because} />
        </>
      ),
    },
    {
      key: 'may',
      title: keysWords.may,
      cell: (key) => (
        <span className="flex items-center gap-1">
          {words.roles[key.role]}
          <SomeChips names={key.scopes ?? []} />
        </span>
      ),
    },
    {
      key: 'used',
      title: keysWords.lastUsed,
      wideOnly: true,
      cell: (key) => (key.last_used_at ? <Ago at={key.last_used_at} /> : words.never),
    },
    {
      key: 'ends',
      title: keysWords.ends,
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
            {key.made_by === myId ? (
              <Button
                look="quiet"
                size="sm"
                disabled={isRotating}
                onClick={() => rotate(key)}
                title={keysWords.rotateHint}
              >
                {keysWords.rotate}
                <span className="sr-only"> {key.name}</span>
              </Button>
            ) : null}
            <Button look="quiet" size="sm" onClick={() => end(key)}>
              {keysWords.revoke}
              <span className="sr-only"> {key.name}</span>
            </Button>
          </>
        ) : null,
    },
  ];
}
