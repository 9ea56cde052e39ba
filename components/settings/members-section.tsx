'use client';

import { MailPlus, UserPlus, Users } from 'lucide-react';
import { useState } from 'react';
import type { Answer } from '../data/index.ts';
import { FormDialog } from '../shell/form-dialog.tsx';
import { PagedTable, ShowMore, usePages } from '../shell/paged-table.tsx';
import { useAct } from '../shell/use-act.ts';
import { useMay } from '../shell/use-may.ts';
import { Button } from '../ui/button.tsx';
import { ConfirmDialog } from '../ui/dialog.tsx';
import { Field, TextInput } from '../ui/field.tsx';
import { Select } from '../ui/select.tsx';
import { Card } from '../ui/surface.tsx';
import { Table, type TableColumn } from '../ui/table.tsx';
import { Ago } from '../ui/text.tsx';
import { membersWords } from './members-words.ts';
import { NotYours, RevealDialog } from './parts.tsx';
import { useOnlyOwner } from './use-owners.ts';
import { roleChoices, words } from './words.ts';

type Member = Answer<'members.list'>['members'][number];
type Invite = Answer<'invites.list'>['invites'][number];
type Role = Member['role'];

export function MembersSection() {
  const may = useMay();
  if (!may('member.read')) return <NotYours />;
  return (
    <>
      <Members canManage={may('member.manage')} />
      {may('member.manage') ? <Invites /> : null}
    </>
  );
}

function Members({ canManage }: { canManage: boolean }) {
  const changeRole = useAct('members.changeRole', {
    done: ({ role }) => membersWords.changed(words.roles[role].toLowerCase()),
  });
  const remove = useAct('members.remove', { done: membersWords.removed });
  const [leaving, setLeaving] = useState<Member>();
  const managesOwners = useMay()('owner.manage');
  const onlyOwner = useOnlyOwner(canManage);
  return (
    <Card title={words.sections.members} flush>
      <PagedTable
        label={words.sections.members}
        path="members.list"
        rowsOf={(page) => page.members}
        keyOf={(member) => member.id}
        empty={{
          icon: Users,
          title: membersWords.none,
          note: membersWords.noneNote,
        }}
        columns={memberColumns({
          ...{ canManage, managesOwners, onlyOwner },
          isChanging: changeRole.isBusy,
          change: ({ id }, role) => changeRole.run({ id, role }),
          leave: setLeaving,
        })}
      />
      <ConfirmDialog
        open={leaving !== undefined}
        onOpenChange={() => setLeaving(undefined)}
        title={membersWords.removeTitle(leaving?.name ?? '')}
        consequence={membersWords.removeNote}
        confirmLabel={membersWords.remove}
        danger
        onConfirm={() => {
          if (leaving) remove.run({ id: leaving.id });
        }}
      />
    </Card>
  );
}

interface MemberActs {
  canManage: boolean;
  managesOwners: boolean;
  onlyOwner: string | undefined;
  isChanging: boolean;
  change(member: Member, role: Role): void;
  leave(member: Member): void;
}

function memberColumns(acts: MemberActs): TableColumn<Member>[] {
  const { canManage, managesOwners, onlyOwner } = acts;
  /** Why somebody stays what they are. */
  const fixedBecause = ({ id, role }: Member): string | undefined => {
    if (id === onlyOwner) return membersWords.onlyOwner;
    return role === 'owner' && !managesOwners ? membersWords.ownersOnly : undefined;
  };
  const roles = roleChoices.filter(({ value }) => managesOwners || value !== 'owner');
  return [
    {
      key: 'name',
      title: membersWords.name,
      takesRest: true,
      cell: (member) => (
        <>
          <span className="font-medium">{member.name}</span>{' '}
          <span className="text-quiet">{member.email}</span>
        </>
      ),
    },
    {
      key: 'role',
      title: membersWords.role,
      cell: (member) =>
        canManage && fixedBecause(member) === undefined ? (
          <Select
            label={membersWords.roleOf(member.name)}
            value={member.role}
            choices={roles}
            disabled={acts.isChanging}
            onChange={(role) => acts.change(member, role)}
          />
        ) : (
          words.roles[member.role]
        ),
    },
    {
      key: 'since',
      title: membersWords.since,
      wideOnly: true,
      cell: (member) => <Ago at={member.created_at} />,
    },
    {
      key: 'act',
      title: '',
      align: 'end',
      cell: (member) =>
        !canManage ? null : fixedBecause(member) === undefined ? (
          <Button look="quiet" size="sm" onClick={() => acts.leave(member)}>
            {membersWords.remove}
            <span className="sr-only"> {member.name}</span>
          </Button>
        ) : (
          <span className="text-quiet">{fixedBecause(member)}</span>
        ),
    },
  ];
}

function Invites() {
  const list = usePages('invites.list', {}, (page) => page.invites);
  const revoke = useAct('invites.revoke', { done: membersWords.takenBack });
  const [isOpen, setOpen] = useState(false);
  const invites = list.rows ?? [];
  return (
    <Card
      title={membersWords.invites}
      flush
      actions={
        <Button icon={UserPlus} size="sm" onClick={() => setOpen(true)}>
          {membersWords.invite}
        </Button>
      }
    >
      {invites.length === 0 ? (
        <p className="px-4 py-3 text-sm text-quiet">{membersWords.noInvites}</p>
      ) : (
        <Table<Invite>
          label={membersWords.invites}
          rows={invites}
          keyOf={(invite) => invite.id}
          columns={[
            {
              key: 'label',
              title: membersWords.whom,
              cell: (invite) => invite.label || <span className="text-quiet">–</span>,
            },
            { key: 'role', title: membersWords.role, cell: (invite) => words.roles[invite.role] },
            {
              key: 'made',
              title: membersWords.made,
              wideOnly: true,
              cell: (invite) => <Ago at={invite.created_at} />,
            },
            {
              key: 'act',
              title: '',
              align: 'end',
              cell: (invite) => (
                <Button look="quiet" size="sm" onClick={() => revoke.run({ id: invite.id })}>
                  {membersWords.takeBack}
                  <span className="sr-only"> {membersWords.ofInvite(invite.label)}</span>
                </Button>
              ),
            },
          ]}
        />
      )}
      <ShowMore of={list} />
      <InviteDialog open={isOpen} onOpenChange={setOpen} />
    </Card>
  );
}

function InviteDialog({ open, onOpenChange }: { open: boolean; onOpenChange(open: boolean): void }) {
  const [role, setRole] = useState<Role>('operator');
  const [label, setLabel] = useState('');
  const [link, setLink] = useState<string | null>(null);
  const invite = useAct('invites.create', {
    inDialog: open,
    onDone(made) {
      onOpenChange(false);
      setLabel('');
      setLink(new URL(made.link, window.location.origin).href);
    },
  });
  return (
    <>
      <FormDialog
        open={open}
        onOpenChange={onOpenChange}
        title={membersWords.invite}
        description={membersWords.inviteNote}
        send={membersWords.inviteSend}
        busy={invite.isBusy}
        failure={invite.error}
        onSend={() => invite.run({ role, label })}
      >
        <Field label={membersWords.label} hint={membersWords.labelHint}>
          <TextInput
            value={label}
            onChange={setLabel}
            maxLength={200}
            placeholder={membersWords.labelExample}
          />
        </Field>
        <div className="flex flex-col gap-1">
          <span className="text-sm font-medium">{membersWords.role}</span>
          <Select label={membersWords.role} value={role} choices={roleChoices} onChange={setRole} />
          <span className="text-xs text-quiet">{words.roleNotes[role]}</span>
        </div>
      </FormDialog>
      <RevealDialog
        title={membersWords.invitation}
        secret={link}
        what={membersWords.link}
        onClose={() => setLink(null)}
      >
        <p className="mt-3 flex items-center gap-2 text-sm text-quiet">
          <MailPlus aria-hidden size={14} />
          {membersWords.joinsAs(words.roles[role].toLowerCase())}
        </p>
      </RevealDialog>
    </>
  );
}
