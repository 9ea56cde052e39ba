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
import { Ago, Chip } from '../ui/text.tsx';
import { FormDialog, NotYours, RevealDialog } from './parts.tsx';
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
  const update = useAct('notificationTargets.update');
  const remove = useAct('notificationTargets.delete', { done: 'Nobody is told there any more.' });
  const rotate = useAct('notificationTargets.rotateSecret', { onDone: ({ secret }) => setShown(secret) });
  const test = useAct('notificationTargets.test', {
    refresh: [['notificationDeliveries']],
    done: ({ delivered, status, error, latency_ms }) =>
      delivered
        ? `It answered ${status ?? 'well'} after ${latency_ms} ms.`
        : `It was not taken: ${error ?? status}. The log below has it.`,
  });
  return (
    <Card
      title={words.sections.notifications}
      flush
      actions={
        canManage ? (
          <Button icon={Plus} size="sm" onClick={() => setMaking(true)}>
            New target
          </Button>
        ) : undefined
      }
    >
      <PagedTable
        label="Who is told"
        path="notificationTargets.list"
        rowsOf={(page) => page.targets}
        keyOf={(target) => target.id}
        empty={{
          icon: BellRing,
          title: 'Nobody is told yet',
          note: 'Have a webhook or somebody by mail told when runs fail, wait for people, or an agent is lost.',
        }}
        columns={targetColumns({
          canManage,
          isChanging: update.isBusy,
          turn: ({ id }, active) => update.run({ id, active }),
          test: ({ id }) => test.run({ id }),
          rotate: ({ id }) => rotate.run({ id }),
          remove: setGoing,
        })}
      />
      <NewTargetDialog open={isMaking} onOpenChange={setMaking} onMade={setShown} />
      <RevealDialog
        title="The signing secret"
        secret={shown}
        what="the secret"
        onClose={() => setShown(null)}
      />
      <ConfirmDialog
        open={going !== undefined}
        onOpenChange={() => setGoing(undefined)}
        title={`Delete ${going?.name ?? ''}?`}
        consequence="It is told of nothing any more, not even of what is on its way."
        confirmLabel="Delete"
        danger
        onConfirm={() => {
          if (going) remove.run({ id: going.id });
        }}
      />
    </Card>
  );
}

const KINDS = [
  { value: 'webhook', label: 'Webhook' },
  { value: 'email', label: 'E-mail' },
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
      title="Have somebody told"
      send="Make it"
      busy={create.isBusy}
      disabled={name.trim() === '' || address.trim() === '' || events.length === 0}
      onSend={() => create.run({ name, kind, address, events: [...events] })}
    >
      <Segments label="By" value={kind} choices={KINDS} onChange={setKind} />
      <Field label="Name">
        <TextInput value={name} onChange={setName} required maxLength={200} placeholder="on-call" />
      </Field>
      <Field label={kind === 'webhook' ? 'URL' : 'Address'}>
        <TextInput
          value={address}
          onChange={setAddress}
          required
          maxLength={2048}
          type={kind === 'webhook' ? 'url' : 'email'}
          placeholder={kind === 'webhook' ? 'https://hooks.example.com/signalbox' : 'oncall@example.com'}
        />
      </Field>
      <fieldset>
        <legend className="mb-1 text-sm font-medium">Told of</legend>
        <div className="grid grid-cols-2">
          {NOTIFICATION_EVENTS.map((event) => (
            <Checkbox
              key={event}
              label={event}
              checked={events.includes(event)}
              onChange={(ticked) =>
                setEvents(ticked ? [...events, event] : events.filter((each) => each !== event))
              }
            />
          ))}
        </div>
      </fieldset>
    </FormDialog>
  );
}

function Deliveries({ canManage }: { canManage: boolean }) {
  const redeliver = useAct('notificationDeliveries.redeliver', { done: 'It is sent again.' });
  return (
    <Card title="Delivery log" flush>
      <PagedTable
        label="Delivery log"
        path="notificationDeliveries.list"
        rowsOf={(page) => page.deliveries}
        keyOf={(delivery) => delivery.id}
        empty={{ icon: BellRing, title: 'Nothing was told yet' }}
        columns={[
          { key: 'event', title: 'Event', cell: ({ event }) => event },
          { key: 'to', title: 'To', cell: ({ address }) => <span className="text-quiet">{address}</span> },
          {
            key: 'state',
            title: 'State',
            cell: (delivery) => (
              <span title={delivery.last_error ?? undefined}>
                <StatusText look={lookOfDelivery(delivery.state)} />
              </span>
            ),
          },
          { key: 'tries', title: 'Tries', align: 'end', wideOnly: true, cell: ({ attempts }) => attempts },
          { key: 'at', title: 'Made', wideOnly: true, cell: (delivery) => <Ago at={delivery.created_at} /> },
          {
            key: 'act',
            title: '',
            align: 'end',
            cell: (delivery) =>
              canManage ? (
                <Button look="quiet" size="sm" onClick={() => redeliver.run({ id: delivery.id })}>
                  Send again<span className="sr-only"> to {delivery.address}</span>
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
  turn(target: Target, active: boolean): void;
  test(target: Target): void;
  rotate(target: Target): void;
  remove(target: Target): void;
}

function targetColumns(acts: TargetActs): TableColumn<Target>[] {
  return [
    {
      key: 'name',
      title: 'Name',
      cell: (target) => (
        <>
          <span className="font-medium">{target.name}</span>{' '}
          <span className="text-quiet">{target.address}</span>
        </>
      ),
    },
    {
      key: 'events',
      title: 'Told of',
      wideOnly: true,
      cell: ({ events }) => (
        <span className="flex gap-1">
          {events.map((event) => (
            <Chip key={event}>{event}</Chip>
          ))}
        </span>
      ),
    },
    {
      key: 'on',
      title: 'On',
      cell: (target) => (
        <span title={target.off_reason ?? undefined}>
          <Switch
            label={`${target.name} is told`}
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
          <>
            <Button look="quiet" size="sm" icon={Send} onClick={() => acts.test(target)}>
              Test<span className="sr-only"> {target.name}</span>
            </Button>
            {target.kind === 'webhook' ? (
              <Button look="quiet" size="sm" onClick={() => acts.rotate(target)}>
                New secret<span className="sr-only"> for {target.name}</span>
              </Button>
            ) : null}
            <Button look="quiet" size="sm" onClick={() => acts.remove(target)}>
              Delete<span className="sr-only"> {target.name}</span>
            </Button>
          </>
        ) : null,
    },
  ];
}
