'use client';

import { BellRing, Plus, Send } from 'lucide-react';
import { useState } from 'react';
import {
  NOTIFICATION_EVENTS,
  type NotificationEvent,
  type TargetKind,
} from '../../server/domain/notifications.ts';
import type { Answer } from '../data/index.ts';
import { lookOfDelivery } from '../looks/index.ts';
import { FormDialog } from '../shell/form-dialog.tsx';
import { PagedTable } from '../shell/paged-table.tsx';
import { useAct } from '../shell/use-act.ts';
import { useMay } from '../shell/use-may.ts';
import { Button } from '../ui/button.tsx';
import { Checkbox, Segments, Switch } from '../ui/choice.tsx';
import { ConfirmDialog } from '../ui/dialog.tsx';
import { Field, TextInput } from '../ui/field.tsx';
import { StatusText } from '../ui/status.tsx';
import { Card } from '../ui/surface.tsx';
import type { TableColumn } from '../ui/table.tsx';
import { Ago } from '../ui/text.tsx';
import { notificationsWords } from './notifications-words.ts';
import { NotYours, RevealDialog, SomeChips } from './parts.tsx';
import { words } from './words.ts';

type Target = Answer<'notificationTargets.list'>['targets'][number];

export function NotificationsSection() {
  const may = useMay();
  if (!may('notification.read')) return <NotYours />;
  return (
    <>
      <Targets canManage={may('notification.manage')} />
      <Deliveries canManage={may('notification.manage')} />
    </>
  );
}

function Targets({ canManage }: { canManage: boolean }) {
  const [isMaking, setMaking] = useState(false);
  const [shown, setShown] = useState<string | null>(null);
  const [going, setGoing] = useState<Target>();
  const [renewing, setRenewing] = useState<Target>();
  const update = useAct('notificationTargets.update');
  const remove = useAct('notificationTargets.delete', { done: notificationsWords.deleted });
  const rotate = useAct('notificationTargets.rotateSecret', { onDone: ({ secret }) => setShown(secret) });
  const test = useAct('notificationTargets.test', {
    refresh: [['notificationDeliveries']],
    done: ({ delivered, status, error, latency_ms }) =>
      delivered
        ? notificationsWords.answered(status, latency_ms)
        : notificationsWords.refused(String(error ?? status)),
  });
  return (
    <Card
      title={words.sections.notifications}
      flush
      actions={
        canManage ? (
          <Button icon={Plus} size="sm" onClick={() => setMaking(true)}>
            {notificationsWords.new}
          </Button>
        ) : undefined
      }
    >
      <PagedTable
        label={notificationsWords.list}
        path="notificationTargets.list"
        rowsOf={(page) => page.targets}
        keyOf={(target) => target.id}
        empty={{
          icon: BellRing,
          title: notificationsWords.none,
          note: notificationsWords.noneNote,
        }}
        columns={targetColumns({
          canManage,
          isChanging: update.isBusy,
          isRotating: rotate.isBusy,
          turn: ({ id }, active) => update.run({ id, active }),
          test: ({ id }) => test.run({ id }),
          rotate: setRenewing,
          remove: setGoing,
        })}
      />
      <NewTargetDialog open={isMaking} onOpenChange={setMaking} onMade={setShown} />
      <RevealDialog
        title={notificationsWords.secret}
        secret={shown}
        what={notificationsWords.secretWhat}
        onClose={() => setShown(null)}
      />
      <RotateDialog of={renewing} onClose={() => setRenewing(undefined)} onConfirm={rotate.run} />
      <DeleteDialog of={going} onClose={() => setGoing(undefined)} onConfirm={remove.run} />
    </Card>
  );
}

interface QuestionProps {
  of: Target | undefined;
  onClose(): void;
  onConfirm(target: { id: Target['id'] }): void;
}

function RotateDialog({ of, onClose, onConfirm }: QuestionProps) {
  return (
    <ConfirmDialog
      open={of !== undefined}
      onOpenChange={onClose}
      title={notificationsWords.rotateTitle(of?.name ?? '')}
      consequence={notificationsWords.rotateNote}
      confirmLabel={notificationsWords.rotate}
      onConfirm={() => {
        if (of) onConfirm({ id: of.id });
      }}
    />
  );
}

function DeleteDialog({ of, onClose, onConfirm }: QuestionProps) {
  return (
    <ConfirmDialog
      open={of !== undefined}
      onOpenChange={onClose}
      title={notificationsWords.deleteTitle(of?.name ?? '')}
      consequence={notificationsWords.deleteNote}
      confirmLabel={notificationsWords.delete}
      danger
      onConfirm={() => {
        if (of) onConfirm({ id: of.id });
      }}
    />
  );
}

const KINDS = [
  { value: 'webhook', label: notificationsWords.kinds.webhook },
  { value: 'email', label: notificationsWords.kinds.email },
] as const;

interface NewTargetProps {
  open: boolean;
  onOpenChange(open: boolean): void;
  /** With the secret that signs its messages, if it is a webhook. */
  onMade(secret: string | null): void;
}

function NewTargetDialog({ open, onOpenChange, onMade }: NewTargetProps) {
  const [name, setName] = useState('');
  const [kind, setKind] = useState<TargetKind>('webhook');
  const [address, setAddress] = useState('');
  const [events, setEvents] = useState<readonly NotificationEvent[]>([
    'run.failed',
    'run.waiting',
    'agent.lost',
  ]);
  const create = useAct('notificationTargets.create', {
    inDialog: open,
    onDone({ secret }) {
      onOpenChange(false);
      setName('');
      setAddress('');
      onMade(secret);
    },
  });
  return (
    <FormDialog
      open={open}
      onOpenChange={onOpenChange}
      title={notificationsWords.newTitle}
      send={notificationsWords.make}
      busy={create.isBusy}
      failure={create.error}
      disabled={name.trim() === '' || address.trim() === '' || events.length === 0}
      onSend={() => create.run({ name, kind, address, events: [...events] })}
    >
      <div>
        <Segments label={notificationsWords.by} value={kind} choices={KINDS} onChange={setKind} />
      </div>
      <Field label={notificationsWords.name}>
        <TextInput
          value={name}
          onChange={setName}
          required
          maxLength={200}
          placeholder={notificationsWords.nameExample}
        />
      </Field>
      <Field label={notificationsWords.addresses[kind]}>
        <TextInput
          value={address}
          onChange={setAddress}
          required
          maxLength={2048}
          type={kind === 'webhook' ? 'url' : 'email'}
          placeholder={notificationsWords.examples[kind]}
        />
      </Field>
      <EventChoice events={events} onChange={setEvents} />
    </FormDialog>
  );
}

function EventChoice({
  events,
  onChange,
}: {
  events: readonly NotificationEvent[];
  onChange(events: readonly NotificationEvent[]): void;
}) {
  return (
    <fieldset>
      <legend className="mb-1 text-sm font-medium">{notificationsWords.events}</legend>
      <div className="flex flex-col items-start">
        {NOTIFICATION_EVENTS.map((event) => (
          <Checkbox
            key={event}
            label={notificationsWords.when[event]}
            checked={events.includes(event)}
            onChange={(ticked) =>
              onChange(ticked ? [...events, event] : events.filter((each) => each !== event))
            }
          />
        ))}
      </div>
    </fieldset>
  );
}

function Deliveries({ canManage }: { canManage: boolean }) {
  const redeliver = useAct('notificationDeliveries.redeliver', { done: notificationsWords.sentAgain });
  return (
    <Card title={notificationsWords.log} flush>
      <PagedTable
        label={notificationsWords.log}
        path="notificationDeliveries.list"
        rowsOf={(page) => page.deliveries}
        keyOf={(delivery) => delivery.id}
        isUnderWay={({ state }) => state === 'waiting'}
        empty={{ icon: BellRing, title: notificationsWords.noLog, note: notificationsWords.noLogNote }}
        columns={[
          { key: 'event', title: notificationsWords.event, cell: ({ event }) => event },
          {
            key: 'to',
            title: notificationsWords.to,
            cell: ({ address }) => (
              <span title={address} className="block truncate text-quiet md:max-w-44">
                {address}
              </span>
            ),
          },
          {
            key: 'state',
            title: notificationsWords.state,
            onPhone: 'side',
            takesRest: true,
            cell: (delivery) => (
              <div className="min-w-0 py-1.5 max-md:max-w-56" title={delivery.last_error ?? undefined}>
                <StatusText look={lookOfDelivery(delivery.state)} />
                {delivery.last_error === null ? null : (
                  <p className="truncate text-xs text-quiet">{delivery.last_error}</p>
                )}
              </div>
            ),
          },
          {
            key: 'tries',
            title: notificationsWords.tries,
            align: 'end',
            wideOnly: true,
            cell: ({ attempts }) => attempts,
          },
          {
            key: 'at',
            title: notificationsWords.made,
            wideOnly: true,
            cell: (delivery) => <Ago at={delivery.created_at} />,
          },
          {
            key: 'act',
            title: '',
            align: 'end',
            cell: (delivery) =>
              canManage ? (
                <Button look="quiet" size="sm" onClick={() => redeliver.run({ id: delivery.id })}>
                  {notificationsWords.sendAgain}
                  <span className="sr-only"> {notificationsWords.toAddress(delivery.address)}</span>
                </Button>
              ) : null,
          },
        ]}
      />
    </Card>
  );
}

interface TargetActs {
  canManage: boolean;
  isChanging: boolean;
  isRotating: boolean;
  turn(target: Target, active: boolean): void;
  test(target: Target): void;
  rotate(target: Target): void;
  remove(target: Target): void;
}

function targetColumns(acts: TargetActs): TableColumn<Target>[] {
  return [
    {
      key: 'name',
      title: notificationsWords.name,
      takesRest: true,
      cell: (target) => (
        <div className="py-1.5" title={target.address}>
          <span className="block truncate font-medium">{target.name}</span>
          <span className="block truncate text-xs text-quiet">{target.address}</span>
        </div>
      ),
    },
    {
      key: 'events',
      title: notificationsWords.events,
      wideOnly: true,
      cell: ({ events }) => <SomeChips names={events} />,
    },
    {
      key: 'on',
      title: notificationsWords.on,
      onPhone: 'side',
      cell: (target) => (
        <span title={target.off_reason ?? undefined}>
          <Switch
            label={notificationsWords.isTold(target.name)}
            labelHidden
            checked={target.active}
            disabled={!acts.canManage || acts.isChanging}
            onChange={(active) => acts.turn(target, active)}
          />
        </span>
      ),
    },
    {
      key: 'act',
      title: '',
      align: 'end',
      cell: (target) =>
        acts.canManage ? (
          <span className="inline-flex items-center">
            <Button look="quiet" size="sm" icon={Send} onClick={() => acts.test(target)}>
              {notificationsWords.test}
              <span className="sr-only"> {target.name}</span>
            </Button>
            {target.kind === 'webhook' ? (
              <Button look="quiet" size="sm" disabled={acts.isRotating} onClick={() => acts.rotate(target)}>
                {notificationsWords.rotate}
                <span className="sr-only"> {notificationsWords.forTarget(target.name)}</span>
              </Button>
            ) : null}
            <Button look="quiet" size="sm" onClick={() => acts.remove(target)}>
              {notificationsWords.delete}
              <span className="sr-only"> {target.name}</span>
            </Button>
          </span>
        ) : null,
    },
  ];
}
