import { FileLock2, FileText, Folder } from 'lucide-react';
import type { Answer } from '../data/index.ts';
import { type TreeEntry, toTree } from './tree.ts';

export type ListedFile = Answer<'workspaces.files'>['files'][number];

interface TreeProps {
  files: readonly ListedFile[];
  selected: string | null;
  onSelect(path: string): void;
}

/** Folders are only what the paths have in common: they are drawn, not opened. */
export function FileTree({ files, selected, onSelect }: TreeProps) {
  return (
    <ul className="py-1.5">
      {toTree(files).map((entry) => (
        <Entry key={entry.key} entry={entry} isSelected={entry.file?.path === selected} onSelect={onSelect} />
      ))}
    </ul>
  );
}

const INDENT_PX = 14;

function Entry({
  entry,
  isSelected,
  onSelect,
}: {
  entry: TreeEntry<ListedFile>;
  isSelected: boolean;
  onSelect(path: string): void;
}) {
  const { file, name, depth } = entry;
  const indent = { paddingInlineStart: 12 + depth * INDENT_PX };
  if (!file)
    return (
      <li style={indent} className="flex h-7 items-center gap-2 pr-3 text-sm text-quiet">
        <Folder aria-hidden size={14} className="shrink-0" />
        <span className="truncate">{name}</span>
      </li>
    );
  const Icon = file.held_by ? FileLock2 : FileText;
  return (
    <li>
      <button
        type="button"
        aria-current={isSelected ? 'true' : undefined}
        title={file.held_by ? `${file.path} · ${file.held_by.name}` : file.path}
        onClick={() => onSelect(file.path)}
        style={indent}
        className="flex h-7 pointer-coarse:h-10 w-full items-center gap-2 pr-3 text-left text-sm hover:bg-hover focus-visible:-outline-offset-2 aria-[current]:bg-accent-soft"
      >
        <Icon aria-hidden size={14} className={`shrink-0 ${file.held_by ? 'text-warn' : 'text-quiet'}`} />
        <span className="grow truncate">{name}</span>
        <span className="text-xs tabular-nums text-quiet">v{file.version}</span>
      </button>
    </li>
  );
}
