'use client';

import { UserMinus } from 'lucide-react';
import { useState } from 'react';
import type { PipelineId } from '../../../server/domain/ids.ts';
import { Broken } from '../../shell/broken.tsx';
import { ShowMore, usePages, useWholeList } from '../../shell/paged-table.tsx';
import { useAct } from '../../shell/use-act.ts';
import { useMay } from '../../shell/use-may.ts';
import { Button, IconButton } from '../../ui/button.tsx';
import { Skeleton } from '../../ui/feedback.tsx';
import { Field, TextInput } from '../../ui/field.tsx';
import { keepFocus } from '../../ui/keep-focus.ts';
import { Link } from '../../ui/link.tsx';
import { Select } from '../../ui/select.tsx';
import { Card } from '../../ui/surface.tsx';
import { Chip } from '../../ui/text.tsx';
import type { PipelineDetails } from '../types.ts';
import { pageWords } from './words.ts';

const { sharing: text } = pageWords;

/** Who else has to do with it: models that may call it, those who are told, members beyond their role. */
export function SharingTab({ pipeline }: { pipeline: PipelineDetails }) {
  const may = useMay();
  return (
    <div className="grid grid-cols-1 items-start gap-5 lg:grid-cols-2">
      <Tool pipeline={pipeline} />
      {may('notification.read') ? <Told id={pipeline.id} /> : null}
      {may('member.read') ? <Grants id={pipeline.id as PipelineId} /> : null}
    </div>
  );
}

function Tool({ pipeline }: { pipeline: PipelineDetails }) {
  const [name, setName] = useState('');
  const mayEdit = useMay()('pipeline.edit') && pipeline.archived_at === null;
  const update = useAct('pipelines.update', {
    done: ({ tool_name }) => (tool_name === null ? text.withdrawn : text.offered),
    onDone: () => setName(''),
  });
  const id = pipeline.id as PipelineId;
  const { tool_name: tool } = pipeline;
  return (
    <Card title={text.tool}>
      <p className="mb-3 text-sm">{tool === null ? text.toolOff : text.toolOn(tool)}</p>
      {!mayEdit ? null : tool === null ? (
        <form
          className="flex flex-col items-start gap-3"
          onSubmit={(event) => {
            event.preventDefault();
            update.run({ id, tool_name: name });
          }}
        >
          <div className="w-full max-w-sm">
            <Field label={text.toolName} hint={text.toolHint}>
              <TextInput mono value={name} onChange={setName} maxLength={56} required />
            </Field>
          </div>
          <Button type="submit" busy={update.isBusy} disabled={name === ''}>
            {text.offer}
          </Button>
        </form>
      ) : (
        <Button busy={update.isBusy} onClick={() => update.run({ id, tool_name: null })}>
          {text.withdraw}
        </Button>
      )}
    </Card>
  );
}

const A_PAGE = 200;

function Told({ id }: { id: string }) {
  const asked = useWholeList('notificationTargets.list', { limit: A_PAGE }, (page) => page.targets);
  const { rows, error } = asked;
  const told = rows?.filter(({ pipeline_id: only }) => only === null || only === id);
  return (
    <Card
      title={text.told}
      actions={
        <Link href="/settings/notifications" className="text-sm text-accent hover:underline">
          {text.toldMore}
        </Link>
      }
    >
      {error ? <Broken of={asked} /> : null}
      {told || error ? null : <Skeleton label={text.told} rows={2} />}
      {told?.length === 0 ? <p className="text-sm text-quiet">{text.toldNobody}</p> : null}
      <ul aria-label={text.told} className="flex flex-col gap-2 text-sm">
        {told?.map(({ id: target, name, events, active, pipeline_id: only }) => (
          <li key={target} className="flex flex-wrap items-center gap-x-3 gap-y-1">
            <span className="min-w-0 font-medium wrap-anywhere">{name}</span>
            <span className="text-quiet">{only === null ? text.toldAll : text.toldThis}</span>
            {active ? null : <Chip>{text.toldOff}</Chip>}
            {events.map((event) => (
              <Chip key={event}>{event}</Chip>
            ))}
          </li>
        ))}
      </ul>
    </Card>
  );
}

function Grants({ id }: { id: PipelineId }) {
  const asked = usePages('grants.list', { id }, (page) => page.grants);
  const { rows: grants, error } = asked;
  const remove = useAct('grants.remove', { refresh: [['grants']] });
  const mayManage = useMay()('member.manage');
  return (
    <Card title={text.grants}>
      {error ? <Broken of={asked} /> : null}
      {grants || error ? null : <Skeleton label={text.grants} rows={2} />}
      {grants?.length === 0 ? <p className="text-sm text-quiet">{text.grantsNobody}</p> : null}
      <ul aria-label={text.grants} className="flex flex-col gap-1 text-sm">
        {grants?.map(({ user_id: user, name }) => (
          <li key={user} className="flex min-h-8 items-center justify-between gap-2">
            <span className="min-w-0 wrap-anywhere">{name}</span>
            {mayManage ? (
              <IconButton
                size="sm"
                icon={UserMinus}
                label={text.ungrant(name)}
                onClick={() => {
                  keepFocus();
                  remove.run({ id, user_id: user });
                }}
              />
            ) : null}
          </li>
        ))}
      </ul>
      <ShowMore of={asked} />
      {mayManage && grants ? <AddGrant id={id} has={new Set(grants.map((grant) => grant.user_id))} /> : null}
    </Card>
  );
}

function AddGrant({ id, has }: { id: PipelineId; has: ReadonlySet<string> }) {
  const { rows } = useWholeList('members.list', { limit: A_PAGE, sort: 'name' }, (page) => page.members);
  const [chosen, setChosen] = useState<string>();
  const add = useAct('grants.add', { refresh: [['grants']], onDone: () => setChosen(undefined) });
  const others = rows?.filter((member) => !has.has(member.id)) ?? [];
  const who = others.find((member) => member.id === chosen) ?? others[0];
  if (!who) return null;
  return (
    <div className="mt-3 flex flex-wrap items-center gap-2">
      <Select
        label={text.grantWho}
        value={who.id as string}
        choices={others.map((member) => ({ value: member.id as string, label: member.name }))}
        onChange={setChosen}
      />
      <Button busy={add.isBusy} onClick={() => add.run({ id, user_id: who.id })}>
        {text.grant}
      </Button>
    </div>
  );
}
