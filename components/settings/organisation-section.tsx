'use client';

import { useQuery } from '@tanstack/react-query';
import { Building2 } from 'lucide-react';
import { useState } from 'react';
import { type Answer, query } from '../data/index.ts';
import { Broken } from '../shell/broken.tsx';
import { FormDialog } from '../shell/form-dialog.tsx';
import { PagedTable } from '../shell/paged-table.tsx';
import { useAct } from '../shell/use-act.ts';
import { useMay } from '../shell/use-may.ts';
import { Button } from '../ui/button.tsx';
import { ConfirmDialog } from '../ui/dialog.tsx';
import { Skeleton } from '../ui/feedback.tsx';
import { Field, TextInput } from '../ui/field.tsx';
import { Card } from '../ui/surface.tsx';
import { Ago, Chip } from '../ui/text.tsx';
import { organisationWords } from './organisation-words.ts';
import { useOnlyOwner } from './use-owners.ts';
import { words } from './words.ts';

type Me = Answer<'me.get'>;
type OwnOrg = Answer<'orgs.mine'>['orgs'][number];

const text = organisationWords;

export function OrganisationSection() {
  const asked = useQuery(query('me.get', {}));
  const { data: me, error } = asked;
  if (error && !me) return <Broken of={asked} />;
  if (!me)
    return (
      <Card>
        <Skeleton label={text.loading} />
      </Card>
    );
  return (
    <>
      <Broken of={asked} />
      <Current key={me.org_name} me={me} />
      {me.kind === 'person' ? <Own me={me} /> : null}
    </>
  );
}

function Current({ me }: { me: Me }) {
  const may = useMay();
  const [name, setName] = useState(me.org_name ?? '');
  const rename = useAct('orgs.rename', { done: text.renamed, refresh: [['me'], ['orgs']] });
  return (
    <Card title={words.sections.organisation}>
      <form
        className="flex max-w-sm flex-col gap-4"
        onSubmit={(event) => {
          event.preventDefault();
          rename.run({ id: me.org_id, name });
        }}
      >
        <Field label={text.name} hint={may('org.manage') ? undefined : text.ownersOnly}>
          <TextInput
            value={name}
            onChange={setName}
            required
            maxLength={200}
            disabled={!may('org.manage') || me.kind !== 'person'}
          />
        </Field>
        {may('org.manage') && me.kind === 'person' ? (
          <div>
            <Button
              type="submit"
              busy={rename.isBusy}
              disabled={name.trim() === '' || name.trim() === me.org_name}
            >
              {text.rename}
            </Button>
          </div>
        ) : null}
      </form>
    </Card>
  );
}

/** Those that somebody is a member of, with the ways between them and out of them. */
function Own({ me }: { me: Me }) {
  const may = useMay();
  const isOnlyOwner = useOnlyOwner(me.role === 'owner') === me.id;
  const [isMaking, setMaking] = useState(false);
  const [leaving, setLeaving] = useState<OwnOrg>();
  const [closing, setClosing] = useState<OwnOrg>();
  const enter = useAct('orgs.enter', { refresh: [], onDone: () => window.location.assign('/') });
  const leave = useAct('members.remove', { refresh: [], onDone: () => window.location.assign('/sign-in') });
  const close = useAct('orgs.close', { done: text.closed, refresh: [['orgs']] });
  return (
    <Card
      title={text.yours}
      flush
      actions={may('org.create') ? <MakeButton onClick={() => setMaking(true)} /> : null}
    >
      <PagedTable
        label={text.yours}
        path="orgs.mine"
        rowsOf={(page) => page.orgs}
        keyOf={(org) => org.id}
        empty={{ icon: Building2, title: text.none, note: text.noneNote }}
        columns={[
          {
            key: 'name',
            title: text.name,
            cell: (org) => (
              <span className="flex flex-wrap items-center gap-2">
                <span className="font-medium">{org.name}</span>
                {org.is_current ? <Chip>{text.here}</Chip> : null}
              </span>
            ),
          },
          { key: 'role', title: text.role, cell: (org) => words.roles[org.role] },
          { key: 'since', title: text.since, wideOnly: true, cell: (org) => <Ago at={org.joined_at} /> },
          {
            key: 'act',
            title: '',
            align: 'end',
            cell: (org) => (
              <Ways
                {...{ org, isOnlyOwner, isEntering: enter.isBusy }}
                onEnter={() => enter.run({ id: org.id })}
                onLeave={() => setLeaving(org)}
                onClose={() => setClosing(org)}
              />
            ),
          },
        ]}
      />
      <MakeDialog open={isMaking} onOpenChange={setMaking} />
      <ConfirmDialog
        open={leaving !== undefined}
        onOpenChange={() => setLeaving(undefined)}
        title={text.leaveTitle(leaving?.name ?? '')}
        consequence={text.leaveNote}
        confirmLabel={text.leave}
        danger
        onConfirm={() => leave.run({ id: me.id })}
      />
      <ConfirmDialog
        open={closing !== undefined}
        onOpenChange={() => setClosing(undefined)}
        title={text.closeTitle(closing?.name ?? '')}
        consequence={text.closeNote}
        confirmLabel={text.close}
        danger
        onConfirm={() => {
          if (closing) close.run({ id: closing.id });
        }}
      />
    </Card>
  );
}

const MakeButton = ({ onClick }: { onClick(): void }) => (
  <Button icon={Building2} size="sm" onClick={onClick}>
    {text.make}
  </Button>
);

interface WaysProps {
  org: OwnOrg;
  isOnlyOwner: boolean;
  isEntering: boolean;
  onEnter(): void;
  onLeave(): void;
  onClose(): void;
}

/** Out of the one that they are in, over to the others; and what an owner ends for good. */
function Ways({ org, isOnlyOwner, isEntering, onEnter, onLeave, onClose }: WaysProps) {
  if (org.is_current && isOnlyOwner) return <span className="text-quiet">{text.onlyOwner}</span>;
  if (org.is_current)
    return (
      <Button look="quiet" size="sm" onClick={onLeave}>
        {text.leave}
      </Button>
    );
  return (
    <>
      {org.role === 'owner' ? (
        <Button look="quiet" size="sm" onClick={onClose}>
          {text.close}
          <span className="sr-only"> {org.name}</span>
        </Button>
      ) : null}
      <Button look="quiet" size="sm" busy={isEntering} onClick={onEnter}>
        {text.enter}
        <span className="sr-only"> {org.name}</span>
      </Button>
    </>
  );
}

function MakeDialog({ open, onOpenChange }: { open: boolean; onOpenChange(open: boolean): void }) {
  const [name, setName] = useState('');
  const make = useAct('orgs.create', {
    inDialog: open,
    refresh: [['orgs']],
    done: ({ name: made }) => text.made(made),
    onDone() {
      onOpenChange(false);
      setName('');
    },
  });
  return (
    <FormDialog
      open={open}
      onOpenChange={onOpenChange}
      title={text.make}
      description={text.makeNote}
      send={text.makeSend}
      busy={make.isBusy}
      failure={make.error}
      disabled={name.trim() === ''}
      onSend={() => make.run({ name })}
    >
      <Field label={text.name}>
        <TextInput value={name} onChange={setName} required maxLength={200} />
      </Field>
    </FormDialog>
  );
}
