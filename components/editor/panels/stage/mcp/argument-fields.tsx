'use client';

import { useState } from 'react';
import { isJsonObject, type Json } from '../../../../../server/domain/json.ts';
import { useEditor } from '../../../context.ts';
import type { FormField } from '../../../model/capabilities.ts';
import type { StageItem } from '../../../model/document.ts';
import { setFields } from '../../../model/edits/stages.ts';
import { stageId } from '../../../model/items.ts';
import {
  type ArgumentPath,
  type Given,
  givenAt,
  holdsReference,
  inputFieldOf,
  isReference,
  withGiven,
} from '../../../model/mcp/arguments.ts';
import { useObserved } from '../../../store/observable.ts';
import { placeOf } from '../../details.ts';
import { ExpressionField, FieldSet } from '../../fields.tsx';
import { FieldControl } from '../../schema-form.tsx';
import { useSuggestions } from '../../use-suggestions.ts';
import { panelWords } from '../../words.ts';
import { words } from './words.ts';

interface Argument {
  stage: StageItem;
  field: FormField;
  path: ArgumentPath;
}

/** Each argument of a tool, as a value or as an expression. */
export function ArgumentFields({
  stage,
  fields,
  path = [],
}: {
  stage: StageItem;
  fields: readonly FormField[];
  path?: ArgumentPath;
}) {
  return fields.map((field) => (
    <ArgumentField key={field.name} stage={stage} field={field} path={[...path, field.name]} />
  ));
}

function ArgumentField({ stage, field, path }: Argument) {
  const { store } = useEditor();
  const given = givenAt(store.get().document, stage, path);
  const give = useGive(stage, path);
  const [isMeant, setMeant] = useState(false);
  const isExpression = given.kind === 'expression' || (isMeant && given.kind === 'unset');
  const turn = () => {
    setMeant(!isExpression);
    if (given.kind !== 'unset') give(isExpression ? asValue(given) : asExpression(given));
  };
  const title = field.required ? panelWords.needed(field.title) : field.title;
  return (
    <div data-place={placeOf(['arguments', ...path])} className="relative flex flex-col gap-1">
      {isExpression ? (
        <Expression {...{ stage, field, path, title, given }} onChange={give} />
      ) : (
        <Value {...{ stage, field, path, title, given }} onChange={give} />
      )}
      <Warnings stage={stage} path={path} hasParts={field.control.kind === 'object' && !isExpression} />
      <button
        type="button"
        aria-pressed={isExpression}
        aria-label={words.byExpression(field.title)}
        title={isExpression ? words.backToValue : words.toExpression}
        onClick={turn}
        className="absolute -top-0.5 right-0 h-6 rounded-sm px-1.5 font-mono text-xs text-quiet hover:bg-hover hover:text-text aria-pressed:bg-accent-soft aria-pressed:text-accent"
      >
        {words.expressionMark}
      </button>
    </div>
  );
}

function useGive(stage: StageItem, path: ArgumentPath): (next: Given) => void {
  const { store } = useEditor();
  return (next) => {
    const { document } = store.get();
    // As it is now: what is typed into two fields at once must not be lost.
    const now = document.stages.find(({ key }) => key === stage.key) ?? stage;
    const fields = { ...withGiven(document, now, { path, next }) };
    store.perform(setFields(document, stage.key, { fields, burst: `config ${path.join('.')}` }));
  };
}

/** What an expression of the same value is; JSON is one, but for a few odd characters. */
const asExpression = (given: Given): Given =>
  given.kind === 'value' && !holdsReference(given.value)
    ? { kind: 'expression', source: JSON.stringify(given.value) }
    : { kind: 'unset' };

/** An expression that is a plain value stays one; undo brings back any other. */
function asValue(given: Given): Given {
  if (given.kind !== 'expression') return { kind: 'unset' };
  try {
    return { kind: 'value', value: JSON.parse(given.source) as Json };
  } catch {
    return { kind: 'unset' };
  }
}

interface Shown extends Argument {
  title: string;
  given: Given;
  onChange(next: Given): void;
}

function Expression({ stage, field, path, title, given, onChange }: Shown) {
  const { problems } = useEditor();
  const name = inputFieldOf(stage, path);
  const error = useObserved(
    problems,
    (list) =>
      list.find(
        ({ item, severity, field: of, within }) =>
          item === stageId(stage.key) && severity === 'error' && of === 'input' && within[0] === name,
      )?.message,
  );
  return (
    <ExpressionField
      label={title}
      hint={field.hint}
      error={error}
      value={given.kind === 'expression' ? given.source : undefined}
      placeholder={words.expressionExample}
      suggest={useSuggestions({ stage: stage.key, seesItself: false })}
      onChange={(source) =>
        onChange(source === undefined ? { kind: 'unset' } : { kind: 'expression', source })
      }
    />
  );
}

function Value({ stage, field, path, title, given, onChange }: Shown) {
  const value = valueIn(given);
  const { control } = field;
  if (control.kind === 'object' && (value === undefined || (isJsonObject(value) && !isReference(value)))) {
    return (
      <FieldSet title={title} hint={field.hint}>
        <ArgumentFields stage={stage} fields={control.fields} path={path} />
      </FieldSet>
    );
  }
  const shown = value === undefined || canShow(control, value) ? field : { ...field, control: JSON_CONTROL };
  return (
    <FieldControl
      field={shown}
      value={value}
      onChange={(next) => onChange(next === undefined ? { kind: 'unset' } : { kind: 'value', value: next })}
    />
  );
}

const JSON_CONTROL = { kind: 'json' } as const;

const valueIn = (given: Given): Json | undefined =>
  given.kind === 'value' ? given.value : given.kind === 'lost' ? { $input: given.reference } : undefined;

/** What was written by hand and is of another kind is shown as it is, and not as nothing. */
function canShow(control: FormField['control'], value: Json): boolean {
  if (holdsReference(value)) return false;
  switch (control.kind) {
    case 'text':
      return typeof value === 'string';
    case 'choice':
      return typeof value === 'string' && control.options.includes(value);
    case 'number':
      return typeof value === 'number';
    case 'boolean':
      return typeof value === 'boolean';
    case 'texts':
      return Array.isArray(value) && value.every((item) => typeof item === 'string');
    default:
      return true;
  }
}

/** What its schema has against what is given there. Of an object, its parts say theirs. */
function Warnings({ stage, path, hasParts }: { stage: StageItem; path: ArgumentPath; hasParts: boolean }) {
  const { problems } = useEditor();
  const list = useObserved(problems, (known) => known);
  const place = ['arguments', ...path];
  const told = list.filter(
    ({ item, field, within }) =>
      item === stageId(stage.key) &&
      field === 'config' &&
      place.every((name, at) => within[at] === name) &&
      (!hasParts || within.length === place.length),
  );
  return told.map(({ id, message }) => (
    <p key={id} className="text-sm text-warn">
      {message}
    </p>
  ));
}
