'use client';

import { ArrowUp, Plus, X } from 'lucide-react';
import { isJsonObject, type Json, type JsonObject } from '../../../server/domain/json.ts';
import { Button, IconButton } from '../../ui/button.tsx';
import { Switch } from '../../ui/choice.tsx';
import { Select } from '../../ui/select.tsx';
import { type FormField, formOf, type Variant, variantIn } from '../model/capabilities.ts';
import { words } from '../words.ts';
import { ChoiceField, FieldSet, JsonField, NumberField, TextField, TextsField } from './fields.tsx';
import { panelWords } from './words.ts';

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
        label={words.config}
        hint={words.theAgentThatOffersThis}
        value={Object.keys(value).length === 0 ? undefined : value}
        onChange={(next) => onChange(isJsonObject(next) ? next : undefined)}
        placeholder="{ }"
      />
    );
  }
  if (fields.length === 0) return <p className="text-sm text-quiet">{words.thereIsNothingToSet}</p>;
  return (
    <FormFields
      fields={fields}
      value={value}
      onChange={(config) => onChange(Object.keys(config).length === 0 ? undefined : config)}
    />
  );
}

function FormFields({
  fields,
  value,
  onChange,
}: {
  fields: readonly FormField[];
  value: JsonObject;
  onChange(value: JsonObject): void;
}) {
  const set = (name: string, next: Json | undefined) => {
    const { [name]: _, ...rest } = value;
    onChange(next === undefined ? rest : { ...value, [name]: next });
  };
  return fields.map((field) => (
    <FieldControl
      key={field.name}
      field={field}
      value={value[field.name]}
      onChange={(next) => set(field.name, next)}
    />
  ));
}

function YesNo({
  field: { title, hint, byDefault },
  value,
  onChange,
}: {
  field: FormField;
  value: Json | undefined;
  onChange(value: Json | undefined): void;
}) {
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
}

/** An object within a form; without anything in it, it is left out. */
function Part({
  field: { title, hint },
  fields,
  value,
  onChange,
}: {
  field: FormField;
  fields: readonly FormField[];
  value: JsonObject;
  onChange(value: Json | undefined): void;
}) {
  return (
    <FieldSet title={title} hint={hint}>
      <FormFields
        fields={fields}
        value={value}
        onChange={(next) => onChange(Object.keys(next).length === 0 ? undefined : next)}
      />
    </FieldSet>
  );
}

/** A list whose items have forms of their own: steps, rules, operations, in the order in which they happen. */
function Items({
  field: { title, hint },
  variants,
  value,
  onChange,
}: {
  field: FormField;
  variants: readonly Variant[];
  value: readonly JsonObject[];
  onChange(value: Json | undefined): void;
}) {
  const put = (items: readonly JsonObject[]) => onChange(items.length === 0 ? undefined : [...items]);
  return (
    <fieldset className="flex min-w-0 flex-col gap-2">
      <legend className="mb-1 text-sm font-medium">{title}</legend>
      {value.map((item, at) => (
        <Item
          // biome-ignore lint/suspicious/noArrayIndexKey: an item keeps its place while it is written
          key={at}
          at={at}
          item={item}
          variants={variants}
          onChange={(next) => put(value.map((known, place) => (place === at ? next : known)))}
          onUp={() => put(value.with(at, value[at - 1] ?? item).with(at - 1, item))}
          onRemove={() => put(value.filter((_, place) => place !== at))}
        />
      ))}
      <div className="flex items-center gap-2">
        <Button size="sm" icon={Plus} onClick={() => put([...value, { ...variants[0]?.mark }])}>
          {words.add}
        </Button>
        {hint ? <span className="text-xs text-quiet">{hint}</span> : null}
      </div>
    </fieldset>
  );
}

function Item({
  at,
  item,
  variants,
  onChange,
  onUp,
  onRemove,
}: {
  at: number;
  item: JsonObject;
  variants: readonly Variant[];
  onChange(item: JsonObject): void;
  onUp(): void;
  onRemove(): void;
}) {
  const variant = variantIn(variants, item);
  const kinds = variants.map(({ label }) => ({ value: label, label }));
  return (
    <div className="flex flex-col gap-3 rounded-md border border-line bg-sunken p-2.5">
      <div className="flex items-center gap-1">
        <span className="w-5 shrink-0 text-xs tabular-nums text-quiet">{at + 1}</span>
        <div className="min-w-0 grow">
          {kinds.length > 1 ? (
            <Select
              label={words.kindOfItem(at + 1)}
              value={variant?.label ?? ''}
              choices={kinds}
              onChange={(label) => onChange({ ...variants.find((known) => known.label === label)?.mark })}
            />
          ) : null}
        </div>
        <IconButton
          label={words.moveItemUp(at + 1)}
          icon={ArrowUp}
          size="sm"
          disabled={at === 0}
          onClick={onUp}
        />
        <IconButton label={words.removeItem(at + 1)} icon={X} size="sm" onClick={onRemove} />
      </div>
      {variant ? (
        <FormFields
          key={variant.label}
          fields={variant.fields}
          value={item}
          onChange={(next) => onChange({ ...variant.mark, ...next })}
        />
      ) : (
        <JsonField
          label={words.item(at + 1)}
          value={item}
          onChange={(next) => onChange(isJsonObject(next) ? next : {})}
        />
      )}
    </div>
  );
}

/** A field of a form by the kind of what it holds. */
export function FieldControl({
  field,
  value,
  onChange,
}: {
  field: FormField;
  value: Json | undefined;
  onChange(value: Json | undefined): void;
}) {
  const { title, hint, required, control, byDefault } = field;
  const common = { label: required ? panelWords.needed(title) : title, hint };
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
      return <YesNo field={field} value={value} onChange={onChange} />;
    case 'choice':
      return (
        <ChoiceField
          {...common}
          value={text}
          onChange={onChange}
          options={control.options.map((option) => ({ value: option, label: option }))}
          unset={placeholder === '' ? panelWords.unset : panelWords.byDefault(placeholder)}
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
    case 'items':
      // What was written by hand and is no list of objects stays as it is, as text.
      if (value === undefined || isListOfObjects(value))
        return <Items field={field} variants={control.variants} value={value ?? []} onChange={onChange} />;
      return <JsonField {...common} value={value} onChange={onChange} placeholder={placeholder} />;
    case 'object':
      if (value !== undefined && !isJsonObject(value))
        return <JsonField {...common} value={value} onChange={onChange} placeholder={placeholder} />;
      return <Part field={field} fields={control.fields} value={value ?? {}} onChange={onChange} />;
    case 'json':
      return <JsonField {...common} value={value} onChange={onChange} placeholder={placeholder} />;
  }
}

const isListOfObjects = (value: Json): value is JsonObject[] =>
  Array.isArray(value) && value.every(isJsonObject);
