'use client';

import {
  Archive,
  ArchiveRestore,
  Braces,
  Copy,
  FileDown,
  MoreHorizontal,
  PencilLine,
  SlidersHorizontal,
  Workflow,
} from 'lucide-react';
import { useRouter } from 'next/navigation';
import { useState } from 'react';
import { editorHref, pipelineHref } from '../shell/places.ts';
import { useAct } from '../shell/use-act.ts';
import { IconButton } from '../ui/button.tsx';
import { ConfirmDialog } from '../ui/dialog.tsx';
import { Menu, MenuItem, MenuLine } from '../ui/menu.tsx';
import type { Pipeline, RowRights } from './types.ts';
import { words } from './words.ts';

export interface RowProps {
  pipeline: Pipeline;
  rights: RowRights;
  onRun(id: string): void;
}

export function RowMenu({ pipeline, rights: { mayRun, mayEdit, mayCreate }, onRun }: RowProps) {
  const { id, name, version, archived_at: archivedAt } = pipeline;
  const router = useRouter();
  const [isAsking, setAsking] = useState(false);
  const duplicate = useAct('pipelines.duplicate', { done: (made) => words.duplicated(made.name) });
  const archive = useAct('pipelines.archive', { done: words.archivedDone(name) });
  const unarchive = useAct('pipelines.unarchive', { done: words.unarchivedDone(name) });
  const isArchived = archivedAt !== null;
  return (
    <>
      <Menu align="end" trigger={<IconButton label={words.more(name)} icon={MoreHorizontal} />}>
        {mayRun && !isArchived ? (
          <MenuItem
            label={words.menu.run}
            icon={SlidersHorizontal}
            disabled={version === null}
            onSelect={() => onRun(id)}
          />
        ) : null}
        <MenuItem
          label={mayEdit && !isArchived ? words.menu.edit : words.menu.open}
          icon={mayEdit && !isArchived ? PencilLine : Workflow}
          onSelect={() => router.push(mayEdit && !isArchived ? editorHref(id) : pipelineHref(id))}
        />
        {mayCreate ? (
          <MenuItem label={words.menu.duplicate} icon={Copy} onSelect={() => duplicate.run({ id })} />
        ) : null}
        <MenuLine />
        <MenuItem label={words.menu.yaml} icon={FileDown} onSelect={() => download(pipeline, 'yaml')} />
        <MenuItem label={words.menu.json} icon={Braces} onSelect={() => download(pipeline, 'json')} />
        {mayEdit ? <MenuLine /> : null}
        {mayEdit && isArchived ? (
          <MenuItem
            label={words.menu.unarchive}
            icon={ArchiveRestore}
            onSelect={() => unarchive.run({ id })}
          />
        ) : null}
        {mayEdit && !isArchived ? (
          <MenuItem label={words.menu.archive} icon={Archive} onSelect={() => setAsking(true)} />
        ) : null}
      </Menu>
      <ConfirmDialog
        open={isAsking}
        onOpenChange={setAsking}
        title={words.archiveTitle(name)}
        consequence={words.archiveConsequence}
        confirmLabel={words.menu.archive}
        onConfirm={() => archive.run({ id })}
      />
    </>
  );
}

/** The newest version, or the draft of one that has none. */
function download({ id, name, version }: Pipeline, format: 'yaml' | 'json'): void {
  const link = document.createElement('a');
  const which = version === null ? '' : `&version=${version}`;
  link.href = `/api/v1/pipelines/${id}/export?format=${format}${which}`;
  link.download = `${name.replace(/[^\p{L}\p{N}._-]+/gu, '-')}.${format}`;
  link.click();
}
