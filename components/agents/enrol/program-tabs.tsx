'use client';

import { useQuery } from '@tanstack/react-query';
import { Unplug } from 'lucide-react';
import { query } from '../../data/index.ts';
import { Empty } from '../../ui/feedback.tsx';
import { Tabs } from '../../ui/tabs.tsx';
import { CopyBlock } from '../../ui/text.tsx';
import { KINDS, type Kind, programOf, type Wanted } from './programs.ts';
import { words } from './words.ts';

export function ProgramTabs({
  kind,
  onKind,
  wanted,
}: {
  kind: Kind;
  onKind(kind: Kind): void;
  wanted: Wanted;
}) {
  return (
    <Tabs
      label={words.kind}
      value={kind}
      onChange={onKind}
      items={KINDS.map((value) => ({
        value,
        label: words.kinds[value],
        content: value === 'amqp' ? <OverAmqp wanted={wanted} /> : <Steps kind={value} wanted={wanted} />,
      }))}
    />
  );
}

function OverAmqp({ wanted }: { wanted: Wanted }) {
  const { data: settings } = useQuery(query('system.settings', {}));
  if (settings?.kinds.broker === 'embedded')
    return (
      <Empty icon={Unplug} title={words.noBroker}>
        {words.noBrokerNote}
      </Empty>
    );
  return <Steps kind="amqp" wanted={wanted} />;
}

function Steps({ kind, wanted }: { kind: Kind; wanted: Wanted }) {
  const { install, file, text, run } = programOf(kind, wanted);
  return (
    <div className="flex flex-col gap-4">
      <Step title={words.install}>
        {install === null ? (
          <p className="text-sm text-quiet">{words.there[kind] ?? words.nothing}</p>
        ) : (
          <>
            <p className="text-sm text-quiet">{words.notes[kind]}</p>
            <CopyBlock label={words.installLabel}>{install}</CopyBlock>
          </>
        )}
      </Step>
      <Step title={words.save(file)}>
        <CopyBlock label={words.textLabel}>{text}</CopyBlock>
      </Step>
      <Step title={words.run}>
        <p className="text-sm text-quiet">{kind === 'amqp' ? words.amqp : words.once}</p>
        <CopyBlock label={words.runLabel}>{run}</CopyBlock>
      </Step>
    </div>
  );
}

function Step({ title, children }: { title: string; children: React.ReactNode }) {
  return (
    <section className="flex flex-col gap-1.5">
      <h3 className="text-sm font-medium">{title}</h3>
      {children}
    </section>
  );
}
