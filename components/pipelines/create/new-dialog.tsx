'use client';

import { useId, useState } from 'react';
import { useOnceKeys } from '../../data/index.ts';
import { editorHref } from '../../shell/places.ts';
import { useAct } from '../../shell/use-act.ts';
import { useGoOn } from '../../shell/use-go-on.ts';
import { Button } from '../../ui/button.tsx';
import { Segments } from '../../ui/choice.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { Notice } from '../../ui/feedback.tsx';
import { Field, TextInput } from '../../ui/field.tsx';
import { type Pipeline, WAYS, type Way } from '../types.ts';
import { ImportFields, type ImportText } from './import-fields.tsx';
import { TemplateList } from './template-list.tsx';
import { formatOf } from './text-format.ts';
import { words } from './words.ts';

const EMPTY = '{"stages":[]}';
const NO_TEXT: ImportText = { text: '', publish: false };

/** A new pipeline: empty, from a template, or from a text that was exported. It opens in the editor. */
export function NewDialog({ way, onWay }: { way: Way | null; onWay(way: Way | null): void }) {
  const [name, setName] = useState('');
  const [template, setTemplate] = useState<string>();
  const [given, setGiven] = useState(NO_TEXT);
  const form = useId();
  const make = useMaking(way !== null);
  const current = way ?? 'blank';
  const isReady =
    name.trim() !== '' &&
    { blank: true, template: template !== undefined, import: given.text.trim() !== '' }[current];
  const submit = () => {
    if (!isReady) return;
    const about = { name: name.trim() };
    if (current === 'template') make.instantiate({ ...about, key: template ?? '' });
    else if (current === 'import') make.import({ ...about, ...given });
    else make.import({ ...about, text: EMPTY, publish: false });
  };
  return (
    <Dialog
      open={way !== null}
      onOpenChange={(isOpen) => (isOpen ? undefined : onWay(null))}
      title={words.title}
      width="md"
      actions={
        <Button type="submit" form={form} look="primary" busy={make.isBusy} disabled={!isReady}>
          {words.make}
        </Button>
      }
    >
      <form
        id={form}
        className="flex flex-col gap-4"
        onSubmit={(event) => {
          event.preventDefault();
          submit();
        }}
      >
        <span>
          <Segments
            label={words.how}
            value={current}
            choices={WAYS.map((value) => ({ value, label: words.ways[value] }))}
            onChange={onWay}
          />
        </span>
        <Field label={words.name}>
          <TextInput value={name} onChange={setName} required maxLength={200} autoComplete="off" autoFocus />
        </Field>
        <WayFields
          way={current}
          {...{ template, setTemplate, given, setGiven }}
          onName={(title) => setName((before) => before || title)}
        />
        {make.error ? <Notice message={make.error.message} advice={make.error.advice} /> : null}
      </form>
    </Dialog>
  );
}

function WayFields({
  way,
  template,
  setTemplate,
  given,
  setGiven,
  onName,
}: {
  way: Way;
  template: string | undefined;
  setTemplate(key: string): void;
  given: ImportText;
  setGiven(given: ImportText): void;
  /** What it may be called, if nobody has said so yet. */
  onName(title: string): void;
}) {
  if (way === 'import') return <ImportFields value={given} onChange={setGiven} onName={onName} />;
  if (way === 'blank') return <p className="text-sm text-quiet">{words.blank}</p>;
  return (
    <TemplateList
      value={template}
      onChange={(key, title) => {
        setTemplate(key);
        onName(title);
      }}
    />
  );
}

function useMaking(isOpen: boolean) {
  const goOn = useGoOn(isOpen);
  const keys = useOnceKeys();
  const onDone = ({ id }: { id: Pipeline['id'] }) => {
    keys.isDone();
    goOn({ href: editorHref(id), made: 'pipeline' });
  };
  const once = <Wish extends object>(wish: Wish) => ({ ...wish, idempotency_key: keys.keyOf(wish) });
  const options = { refresh: [['pipelines'], ['agents', 'coverage']], inDialog: isOpen, onDone };
  const instantiate = useAct('templates.instantiate', options);
  const bringIn = useAct('pipelines.import', options);
  return {
    instantiate: (wanted: { name: string; key: string }) => instantiate.run(once(wanted)),
    import: ({ text, ...wanted }: ImportText & { name: string }) =>
      bringIn.run(once({ ...wanted, text, format: formatOf(text) })),
    isBusy: instantiate.isBusy || bringIn.isBusy,
    error: instantiate.error ?? bringIn.error,
  };
}
