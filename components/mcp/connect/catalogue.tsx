import { ChevronRight, Globe, type LucideIcon, SquareTerminal } from 'lucide-react';
import type { ReactNode } from 'react';
import { Notice, Skeleton } from '../../ui/feedback.tsx';
import { words } from '../words.ts';
import { type Catalogue, type Chosen, OTHER } from './form.ts';

const ICONS: Record<Catalogue['servers'][number]['kind'], LucideIcon> = {
  http: Globe,
  stdio: SquareTerminal,
};

/** What is known by name, what may be started here, and any other by its address. */
export function CatalogueList({
  catalogue,
  problem,
  onChoose,
}: {
  catalogue: Catalogue | undefined;
  /** Why there is none. An address can be connected all the same. */
  problem: string | undefined;
  onChoose(chosen: Chosen): void;
}) {
  const named = new Set(catalogue?.servers.map(({ program }) => program));
  return (
    <>
      <ul aria-label={words.catalogue} className="flex flex-col gap-2">
        <Row icon={Globe} title={words.otherServer} note={words.otherNote} onChoose={() => onChoose(OTHER)} />
        {catalogue?.servers.map((entry) => (
          <Row
            key={entry.server_type}
            icon={ICONS[entry.kind]}
            title={entry.name}
            note={entry.about}
            obstacle={entry.obstacle}
            onChoose={() => onChoose({ kind: 'entry', entry })}
          />
        ))}
        {catalogue?.programs
          .filter(({ name }) => !named.has(name))
          .map(({ name, command }) => (
            <Row
              key={`program ${name}`}
              icon={SquareTerminal}
              title={name}
              note={<span className="font-mono text-xs">{command}</span>}
              onChoose={() => onChoose({ kind: 'program', program: name })}
            />
          ))}
      </ul>
      {problem === undefined ? null : <Notice message={problem} />}
      {catalogue || problem !== undefined ? null : <Skeleton label={words.catalogue} rows={5} />}
    </>
  );
}

interface RowProps {
  icon: LucideIcon;
  title: string;
  note: ReactNode;
  obstacle?: string | null;
  onChoose(): void;
}

const ROW = 'flex w-full items-start gap-3 rounded-md border border-line px-3 py-2.5 text-left';

function Row({ icon: Icon, title, note, obstacle = null, onChoose }: RowProps) {
  const body = (
    <>
      <Icon aria-hidden size={16} className="mt-0.5 shrink-0 text-quiet" />
      <span className="min-w-0 grow text-sm">
        <span className="block text-base font-medium wrap-anywhere">{title}</span>
        <span className="block text-quiet wrap-anywhere">{note}</span>
        {obstacle === null ? null : <span className="mt-1 block text-warn wrap-anywhere">{obstacle}</span>}
      </span>
    </>
  );
  return (
    <li>
      {obstacle === null ? (
        <button
          type="button"
          onClick={onChoose}
          className={`${ROW} bg-card hover:border-control hover:bg-hover`}
        >
          {body}
          <ChevronRight aria-hidden size={14} className="mt-1 shrink-0 text-quiet" />
        </button>
      ) : (
        <div className={`${ROW} bg-sunken`}>{body}</div>
      )}
    </li>
  );
}
