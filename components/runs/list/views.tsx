'use client';

import { useQuery } from '@tanstack/react-query';
import { Bookmark, Users, X } from 'lucide-react';
import { useRouter } from 'next/navigation';
import { useState } from 'react';
import { query } from '../../data/index.ts';
import { FormDialog } from '../../shell/form-dialog.tsx';
import { useAct } from '../../shell/use-act.ts';
import { useMay } from '../../shell/use-may.ts';
import { Button, IconButton } from '../../ui/button.tsx';
import { Checkbox } from '../../ui/choice.tsx';
import { Field, TextInput } from '../../ui/field.tsx';
import { keepFocus } from '../../ui/keep-focus.ts';
import { words } from '../words.ts';
import { isFiltered, type RunParams } from './filters.ts';
import type { useListState } from './use-list-state.ts';

type State = ReturnType<typeof useListState>;

const BUILT_IN: readonly { name: string; params: Partial<RunParams> }[] = [
  { name: words.views.all, params: {} },
  { name: words.views.open, params: { status: ['running', 'paused', 'cancelling'] } },
  { name: words.views.failed, params: { status: ['failed'] } },
  { name: words.views.day, params: { created: '24h' } },
];

const textOf = (params: Partial<RunParams>): string =>
  JSON.stringify(
    Object.entries(params)
      .filter(([, value]) => value !== null && value !== undefined)
      .sort(),
  );

/** Lists that are looked at again and again: those that everybody has, and one's own. */
export function Views({ state }: { state: State }) {
  const router = useRouter();
  const now = textOf(state.params);
  const saved = useQuery(query('views.list', { place: 'runs' })).data?.views ?? [];
  const mayManage = useMay()('view.manage');
  const remove = useAct('views.remove', { done: words.views.removed, refresh: [['views']] });
  return (
    <nav aria-label={words.views.label} className="mb-3 flex flex-wrap items-center gap-1 print:hidden">
      {BUILT_IN.map(({ name, params }) => (
        <ViewButton key={name} name={name} isOn={textOf(params) === now} onShow={() => state.show(params)} />
      ))}
      {saved.map(({ name, query: address, shared, mine, maker }) => (
        <span key={`${mine} ${name}`} className="group flex items-center">
          <ViewButton
            name={name}
            {...(shared ? { note: words.views.sharedBy(maker) } : {})}
            isOn={address === state.address}
            onShow={() => router.push(`/runs?${address}`)}
          />
          {mine || mayManage ? (
            <span className="opacity-0 focus-within:opacity-100 group-hover:opacity-100 pointer-coarse:opacity-100">
              <IconButton
                label={words.views.remove(name)}
                icon={X}
                size="sm"
                onClick={() => {
                  keepFocus();
                  remove.run({ place: 'runs', name, shared });
                }}
              />
            </span>
          ) : null}
        </span>
      ))}
      {isFiltered(state.params) ? <SaveButton address={state.address} /> : null}
    </nav>
  );
}

interface ViewButtonProps {
  name: string;
  /** Who shows it to everybody. */
  note?: string;
  isOn: boolean;
  onShow(): void;
}

function ViewButton({ name, note, isOn, onShow }: ViewButtonProps) {
  return (
    <button
      type="button"
      aria-current={isOn ? 'true' : undefined}
      title={note}
      onClick={onShow}
      className="flex h-7 pointer-coarse:h-9 max-w-48 items-center gap-1.5 rounded-md px-2.5 text-sm text-quiet hover:bg-hover hover:text-text aria-[current]:bg-card aria-[current]:font-medium aria-[current]:text-text aria-[current]:shadow-[inset_0_0_0_1px_var(--line)]"
    >
      {note === undefined ? null : <Users aria-hidden size={13} className="shrink-0" />}
      <span className="truncate">{name}</span>
      {note === undefined ? null : <span className="sr-only">{note}</span>}
    </button>
  );
}

function SaveButton({ address }: { address: string }) {
  const [isOpen, setOpen] = useState(false);
  const [name, setName] = useState('');
  const [isShared, setShared] = useState(false);
  const mayShare = useMay()('view.share');
  const save = useAct('views.save', {
    inDialog: isOpen,
    done: words.views.done,
    refresh: [['views']],
    onDone: () => {
      setOpen(false);
      setName('');
    },
  });
  return (
    <>
      <Button size="sm" look="quiet" icon={Bookmark} onClick={() => setOpen(true)}>
        {words.views.save}
      </Button>
      <FormDialog
        open={isOpen}
        onOpenChange={setOpen}
        title={words.views.saveTitle}
        description={words.views.saveWhy}
        send={words.views.save}
        busy={save.isBusy}
        failure={save.error}
        disabled={name.trim() === ''}
        onSend={() => save.run({ place: 'runs', name: name.trim(), query: address, shared: isShared })}
      >
        <Field label={words.views.name}>
          <TextInput value={name} onChange={setName} maxLength={64} required />
        </Field>
        {mayShare ? <Checkbox label={words.views.share} checked={isShared} onChange={setShared} /> : null}
      </FormDialog>
    </>
  );
}
