'use client';

import { isJsonObject, type Json, type JsonObject } from '../../../server/domain/json.ts';
import { Switch } from '../../ui/choice.tsx';
import { type FormField, formOf } from '../model/capabilities.ts';
import { ChoiceField, JsonField, NumberField, TextField, TextsField } from './fields.tsx';

/** A form from the schema of a capability's config. What has no control of its own is written as JSON. */
export function SchemaForm({
  schema,
  value,
  onChange,
}: {
  schema: JsonObject | null;
  value: JsonObject;
  onChange(value: JsonObject | undefined): void;
}) {
  const fields = formOf(schema);
  if (fields === null) {
    return (
      <JsonField
        label="Config"
        hint="The agent that offers this knows what it may say."
        value={Object.keys(value).length === 0 ? undefined : value}
        onChange={(next) => onChange(isJsonObject(next) ? next : undefined)}
        placeholder="{ }"
      />
    );
  }
  if (fields.length === 0) return <p className="text-sm text-quiet">There is nothing to set.</p>;
  const set = (name: string, next: Json | undefined) => {
    const { [name]: _, ...rest } = value;
    const config = next === undefined ? rest : { ...value, [name]: next };
    onChange(Object.keys(config).length === 0 ? undefined : config);
  };
  return fields.map((field) => (
    <Control
      key={field.name}
      field={field}
      value={value[field.name]}
      onChange={(next) => set(field.name, next)}
    />
  ));
}

function Control({
  field,
  value,
  onChange,
}: {
  field: FormField;
  value: Json | undefined;
  onChange(value: Json | undefined): void;
}) {
  const { title, hint, required, control, byDefault } = field;
  const common = { label: required ? `${title} (needed)` : title, hint };
  const placeholder =
    byDefault === undefined ? '' : typeof byDefault === 'string' ? byDefault : JSON.stringify(byDefault);
  const text = typeof value === 'string' ? value : undefined;
  switch (control.kind) {
    case 'text':
      return <TextField {...common} value={text} onChange={onChange} placeholder={placeholder} />;
    case 'number':
      return (
        <NumberField
          {...common}
          value={typeof value === 'number' ? value : undefined}
          onChange={onChange}
          placeholder={placeholder}
        />
      );
    case 'boolean':
      return (
        <div className="flex flex-col gap-0.5">
          <Switch
            label={title}
            checked={typeof value === 'boolean' ? value : byDefault === true}
            onChange={(next) => onChange(next === byDefault ? undefined : next)}
          />
          {hint ? <p className="text-xs text-quiet">{hint}</p> : null}
        </div>
      );
    case 'choice':
      return (
        <ChoiceField
          {...common}
          value={text}
          onChange={onChange}
          options={control.options.map((option) => ({ value: option, label: option }))}
          unset={placeholder === '' ? 'Not set' : `${placeholder} (default)`}
        />
      );
    case 'texts':
      return (
        <TextsField
          {...common}
          hint={hint || undefined}
          value={Array.isArray(value) ? value.map(String) : undefined}
          onChange={(next) => onChange(next === undefined ? undefined : [...next])}
        />
      );
    case 'json':
      return <JsonField {...common} value={value} onChange={onChange} placeholder={placeholder} />;
  }
}
