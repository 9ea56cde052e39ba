'use client';

import { useQuery } from '@tanstack/react-query';
import { useRouter } from 'next/navigation';
import { useId, useState } from 'react';
import { type Answer, query } from '../data/index.ts';
import { useAct } from '../shell/use-act.ts';
import { Button } from '../ui/button.tsx';
import { Checkbox } from '../ui/choice.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { Field, TextInput } from '../ui/field.tsx';
import { Select } from '../ui/select.tsx';
import { words } from './words.ts';

type Entry = Answer<'mcp.catalogue'>['servers'][number];

/** Any address, beside those that are known by name. */
const OTHER = 'other';

/** By name or by address; it is asked at once what it has, and its page says what came of it. */
export function ConnectDialog({ open, onOpenChange }: { open: boolean; onOpenChange(open: boolean): void }) {
  const { push } = useRouter();
  const { data } = useQuery({ ...query('mcp.catalogue', {}), enabled: open });
  const [kind, setKind] = useState(OTHER);
  const [form, setForm] = useState<Form>(EMPTY);
  const connect = useAct('mcp.connect', {
    done: ({ status, server_name, problem }) =>
      // status-words: of an answer of the gateway
      status === 'connected' ? words.connectedNow(server_name) : words.failed(problem),
    onDone({ connection_id }) {
      onOpenChange(false);
      setForm(EMPTY);
      push(`/connections/${connection_id}`);
    },
  });
  const id = useId();
  const entry = data?.servers.find(({ server_type }) => server_type === kind);
  const choices = [
    { value: OTHER, label: words.otherServer },
    ...(data?.servers ?? []).map(({ server_type, name }) => ({ value: server_type, label: name })),
  ];
  return (
    <Dialog
      open={open}
      onOpenChange={onOpenChange}
      title={words.connect}
      width="md"
      actions={
        <Button
          look="primary"
          type="submit"
          form={id}
          busy={connect.isBusy}
          disabled={entry ? !entry.available : form.slug === '' || form.url === ''}
        >
          {words.connectSend}
        </Button>
      }
    >
      <form
        id={id}
        className="flex flex-col gap-4"
        onSubmit={(event) => {
          event.preventDefault();
          connect.run(toInput(form, entry));
        }}
      >
        <div className="flex flex-col gap-1">
          <span className="text-sm font-medium">{words.server}</span>
          <Select label={words.server} value={kind} choices={choices} onChange={setKind} />
        </div>
        {entry ? (
          <Known entry={entry} form={form} onChange={setForm} />
        ) : (
          <Other form={form} onChange={setForm} />
        )}
        <Checkbox
          label={words.forMeAlone}
          checked={form.personal}
          onChange={(personal) => setForm({ ...form, personal })}
        />
      </form>
    </Dialog>
  );
}

interface Form {
  slug: string;
  url: string;
  header: string;
  value: string;
  credentials: Readonly<Record<string, string>>;
  personal: boolean;
  reached: 'header' | 'each' | 'shared';
  clientId: string;
  clientSecret: string;
}
const REACHED = (['header', 'each', 'shared'] as const).map((value) => ({
  value,
  label: words.reached[value],
}));
const EMPTY: Form = {
  slug: '',
  url: '',
  header: 'Authorization',
  value: '',
  credentials: {},
  personal: false,
  reached: 'header',
  clientId: '',
  clientSecret: '',
};

function toInput(form: Form, entry: Entry | undefined) {
  const personal = { personal: form.personal };
  if (entry) {
    const given = Object.entries(form.credentials).filter(([, value]) => value !== '');
    return { server_type: entry.server_type, ...personal, credentials: Object.fromEntries(given) };
  }
  return {
    ...{ slug: form.slug, name: form.slug, url: form.url, ...personal },
    ...(form.reached === 'header' ? {} : { sign_in: signInOf(form, form.reached) }),
    ...(form.value === '' || form.reached !== 'header' ? {} : { headers: { [form.header]: form.value } }),
  };
}

function signInOf({ clientId, clientSecret }: Form, mode: 'each' | 'shared') {
  return {
    mode,
    ...(clientId === '' ? {} : { client_id: clientId }),
    ...(clientSecret === '' ? {} : { client_secret: clientSecret }),
  };
}

interface PartProps {
  form: Form;
  onChange(form: Form): void;
}

function Known({ entry, form, onChange }: PartProps & { entry: Entry }) {
  return (
    <>
      <p className="text-sm text-quiet">{entry.about}</p>
      {entry.obstacle === null ? null : <p className="text-sm text-warn">{entry.obstacle}</p>}
      {entry.credentials.map(({ key, label, required }) => (
        <Field key={key} label={label} hint={words.sealed}>
          <TextInput
            type="password"
            autoComplete="off"
            mono
            required={required}
            value={form.credentials[key] ?? ''}
            onChange={(value) => onChange({ ...form, credentials: { ...form.credentials, [key]: value } })}
          />
        </Field>
      ))}
    </>
  );
}

function Other({ form, onChange }: PartProps) {
  return (
    <>
      <Field label={words.connectName} hint={words.connectNameHint}>
        <TextInput
          value={form.slug}
          onChange={(slug) => onChange({ ...form, slug })}
          required
          maxLength={32}
          pattern="[a-z][a-z0-9\-]{0,31}"
          placeholder={words.connectNameExample}
          mono
        />
      </Field>
      <Field label={words.address}>
        <TextInput
          value={form.url}
          onChange={(url) => onChange({ ...form, url })}
          required
          type="url"
          maxLength={2048}
          placeholder={words.addressExample}
        />
      </Field>
      <div className="flex flex-col gap-1">
        <span className="text-sm font-medium">{words.reachedBy}</span>
        <Select
          label={words.reachedBy}
          value={form.reached}
          choices={REACHED}
          onChange={(reached) => onChange({ ...form, reached })}
        />
      </div>
      {form.reached === 'header' ? (
        <HeaderFields form={form} onChange={onChange} />
      ) : (
        <div className="grid gap-3 sm:grid-cols-2">
          <Field label={words.clientId}>
            <TextInput mono value={form.clientId} onChange={(clientId) => onChange({ ...form, clientId })} />
          </Field>
          <Field label={words.clientSecret} hint={words.sealed}>
            <TextInput
              type="password"
              autoComplete="off"
              mono
              value={form.clientSecret}
              onChange={(clientSecret) => onChange({ ...form, clientSecret })}
            />
          </Field>
        </div>
      )}
    </>
  );
}

function HeaderFields({ form, onChange }: PartProps) {
  return (
    <div className="grid grid-cols-[10rem_1fr] gap-3">
      <Field label={words.header}>
        <TextInput value={form.header} onChange={(header) => onChange({ ...form, header })} mono />
      </Field>
      <Field label={words.headerValue} hint={words.sealed}>
        <TextInput
          value={form.value}
          onChange={(value) => onChange({ ...form, value })}
          type="password"
          autoComplete="off"
          placeholder={words.headerExample}
          mono
        />
      </Field>
    </div>
  );
}
