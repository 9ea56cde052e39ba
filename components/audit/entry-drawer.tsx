import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import type { Json } from '../../server/domain/json.ts';
import { type Answer, query } from '../data/index.ts';
import { Broken } from '../shell/broken.tsx';
import { pageOfId } from '../shell/palette/commands.ts';
import { Drawer } from '../ui/drawer.tsx';
import { Notice, Skeleton } from '../ui/feedback.tsx';
import { formatMoment } from '../ui/format.ts';
import { Link } from '../ui/link.tsx';
import { Code, CopyText } from '../ui/text.tsx';
import { words } from './words.ts';

const said = words.entry;

export type Entry = Answer<'audit.list'>['entries'][number];

interface EntryDrawerProps {
  /** Its number. */
  seq: number;
  /** Where the list has it already; an old one, or one that filters leave out, is asked for. */
  listed: Entry | undefined;
  onClose(): void;
}

export function EntryDrawer({ seq, listed, onClose }: EntryDrawerProps) {
  const asked = useQuery({ ...query('audit.get', { seq }), enabled: listed === undefined });
  const entry = listed ?? asked.data;
  const isMissing = asked.error?.code === 'NOT_FOUND';
  return (
    <Drawer
      open
      onOpenChange={(open) => {
        if (!open) onClose();
      }}
      title={entry ? `${entry.action} · ${entry.seq}` : said.title(seq)}
    >
      {entry ? <Details entry={entry} /> : null}
      {isMissing ? <Notice message={said.missing(seq)} advice={said.missingAdvice} /> : null}
      {entry || isMissing ? null : <Broken of={asked} />}
      {entry || asked.error ? null : <Skeleton label={said.loading} rows={8} />}
    </Drawer>
  );
}

function Details({ entry }: { entry: Entry }) {
  const facts: [string, ReactNode][] = [
    [said.when, formatMoment(entry.at)],
    [said.who, nameOf(entry.actor)],
    [
      said.did,
      <span key="d" className="font-mono text-xs">
        {entry.action}
      </span>,
    ],
    [said.to, entry.target && <Target key="t" id={entry.target} />],
    [said.reason, entry.reason],
    [said.from, entry.address],
  ];
  return (
    <div className="flex flex-col gap-4 text-sm">
      <dl className="grid grid-cols-[auto_1fr] items-baseline gap-x-4 gap-y-1">
        {facts.map(([name, value]) =>
          value === null || value === '' ? null : (
            <div key={name} className="contents">
              <dt className="text-quiet">{name}</dt>
              <dd className="break-words">{value}</dd>
            </div>
          ),
        )}
      </dl>
      <div className="flex flex-wrap gap-x-4 gap-y-2">
        {entry.request_id ? (
          <CopyText
            text={entry.request_id}
            shown={said.request(entry.request_id.slice(0, 8))}
            what={said.requestWhat}
          />
        ) : null}
        <CopyText text={entry.hash} shown={said.hash(entry.hash.slice(0, 12))} what={said.hashWhat} />
      </div>
      <Part title={said.actor} value={entry.actor as Json} />
      <Part title={said.before} value={entry.before as Json} />
      <Part title={said.after} value={entry.after as Json} />
    </div>
  );
}

/** The way to its page, where it has one. */
function Target({ id }: { id: string }) {
  const page = pageOfId(id);
  return (
    <span className="flex flex-wrap items-baseline gap-x-3">
      <CopyText text={id} what={said.target} />
      {page === undefined ? null : (
        <Link href={page} className="text-accent hover:underline">
          {said.open}
        </Link>
      )}
    </span>
  );
}

/** Who it was, as far as is known. */
export function nameOf(actor: Entry['actor']): string {
  if (typeof actor.name === 'string' && actor.name !== '') return actor.name;
  return typeof actor.id === 'string' ? actor.id : String(actor.kind ?? said.somebody);
}

function Part({ title, value }: { title: string; value: Json }) {
  if (value === null) return null;
  return (
    <div>
      <h3 className="mb-1 font-medium text-quiet">{title}</h3>
      <Code label={title}>{JSON.stringify(value, null, 2)}</Code>
    </div>
  );
}
