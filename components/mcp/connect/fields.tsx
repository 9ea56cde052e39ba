import { Checkbox } from '../../ui/choice.tsx';
import { Field, TextArea, TextInput } from '../../ui/field.tsx';
import { Select } from '../../ui/select.tsx';
import { useSealedHint } from '../use-sealed-hint.ts';
import { words } from '../words.ts';
import type { Chosen, Entry, Form } from './form.ts';

const REACHED = (['header', 'each', 'shared'] as const).map((value) => ({
  value,
  label: words.reached[value],
}));

interface PartProps {
  form: Form;
  onChange(form: Form): void;
}

/** What has to be said of the chosen one. */
export function ConnectFields({ chosen, form, onChange }: PartProps & { chosen: Chosen }) {
  return (
    <>
      {chosen.kind === 'entry' ? <p className="text-sm text-quiet">{chosen.entry.about}</p> : null}
      <Field label={words.connectName} hint={words.connectNameHint}>
        <TextInput
          value={form.slug}
          onChange={(slug) => onChange({ ...form, slug })}
          required
          autoFocus
          maxLength={32}
          pattern="[a-z][a-z0-9\-]{0,31}"
          placeholder={words.connectNameExample}
          mono
        />
      </Field>
      {chosen.kind === 'entry' ? <Credentials entry={chosen.entry} {...{ form, onChange }} /> : null}
      {chosen.kind === 'program' ? (
        <Field label={words.arguments} hint={words.argumentsHint}>
          <TextArea mono rows={3} value={form.args} onChange={(args) => onChange({ ...form, args })} />
        </Field>
      ) : null}
      {chosen.kind === 'other' ? <Other form={form} onChange={onChange} /> : null}
      <Checkbox
        label={words.forMeAlone}
        checked={form.personal}
        onChange={(personal) => onChange({ ...form, personal })}
      />
    </>
  );
}

function Credentials({ entry, form, onChange }: PartProps & { entry: Entry }) {
  const hint = useSealedHint();
  return entry.credentials.map(({ key, label, required }) => (
    <Field key={key} label={required ? label : words.ifAny(label)} hint={hint}>
      <TextInput
        type="password"
        autoComplete="off"
        mono
        required={required}
        value={form.credentials[key] ?? ''}
        onChange={(value) => onChange({ ...form, credentials: { ...form.credentials, [key]: value } })}
      />
    </Field>
  ));
}

function Other({ form, onChange }: PartProps) {
  return (
    <>
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
      <Field label={words.reachedBy}>
        <Select
          label={words.reachedBy}
          value={form.reached}
          choices={REACHED}
          onChange={(reached) => onChange({ ...form, reached })}
        />
      </Field>
      {form.reached === 'header' ? (
        <HeaderFields form={form} onChange={onChange} />
      ) : (
        <ClientFields form={form} onChange={onChange} />
      )}
    </>
  );
}

function HeaderFields({ form, onChange }: PartProps) {
  const hint = useSealedHint();
  return (
    <div className="grid gap-3 sm:grid-cols-[10rem_1fr]">
      <Field label={words.header}>
        <TextInput value={form.header} onChange={(header) => onChange({ ...form, header })} mono />
      </Field>
      <Field label={words.headerValue} hint={hint}>
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

function ClientFields({ form, onChange }: PartProps) {
  return (
    <div className="grid gap-3 sm:grid-cols-2">
      <Field label={words.clientId} hint={words.clientIdHint}>
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
  );
}
