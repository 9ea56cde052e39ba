'use client';

import { useQuery } from '@tanstack/react-query';
import { useDeferredValue, useState } from 'react';
import { act } from '../../data/index.ts';
import { Broken } from '../../shell/broken.tsx';
import { Checkbox } from '../../ui/choice.tsx';
import { Notice } from '../../ui/feedback.tsx';
import { Field, FileInput, TextArea } from '../../ui/field.tsx';
import { formatOf } from './text-format.ts';
import { words } from './words.ts';

export interface ImportText {
  text: string;
  publish: boolean;
}

const MAX_MB = 5;

/** A text to paste or a file to choose, and what is wrong with it before anything is made. */
export function ImportFields({
  value,
  onChange,
  onName,
}: {
  value: ImportText;
  onChange(value: ImportText): void;
  onName(name: string): void;
}) {
  const [fileError, setFileError] = useState<string>();
  const read = (file: File) => {
    if (file.size > MAX_MB * 1_000_000) return setFileError(words.tooLarge(MAX_MB));
    setFileError(undefined);
    onName(file.name.replace(/\.[^.]+$/, ''));
    file.text().then(
      (text) => onChange({ ...value, text }),
      (error: Error) => setFileError(error.message),
    );
  };
  return (
    <>
      <span>
        <FileInput label={words.file} accept=".yaml,.yml,.json" onFile={read} />
      </span>
      {fileError === undefined ? null : <Notice message={fileError} />}
      <Field label={words.text} hint={words.textHint}>
        <TextArea
          mono
          rows={10}
          spellCheck={false}
          value={value.text}
          onChange={(text) => onChange({ ...value, text })}
        />
      </Field>
      <Verdict text={value.text} />
      <Checkbox
        label={words.publish}
        checked={value.publish}
        onChange={(publish) => onChange({ ...value, publish })}
      />
    </>
  );
}

function Verdict({ text: typed }: { text: string }) {
  const text = useDeferredValue(typed.trim());
  const asked = useQuery({
    // It changes nothing, though it travels as what does: a text is too long for an address.
    queryKey: ['pipelines', 'validate', text],
    queryFn: () => act('pipelines.validate', { text, format: formatOf(text) }),
    enabled: text !== '',
    placeholderData: (before) => before,
  });
  const { data, error } = asked;
  if (text === '') return null;
  if (error && !data) return <Broken of={asked} />;
  if (!data) return null;
  if (data.valid) return <p className="text-sm text-good">{words.fine}</p>;
  const isRead = data.faults.length === 0;
  const lines = isRead
    ? data.problems.map(({ message, path }) => ({ where: path.join('.'), message }))
    : data.faults.map(({ message, line, column }) => ({ where: words.line(line, column), message }));
  return (
    <section
      aria-live="polite"
      className={`rounded-md border border-line px-3 py-2 text-sm ${isRead ? 'bg-warn-soft' : 'bg-bad-soft'}`}
    >
      <p className={`font-medium ${isRead ? 'text-warn' : 'text-bad'}`}>
        {isRead ? words.unfinished : words.unreadable}
      </p>
      <ul className="mt-1 flex max-h-40 flex-col gap-1 overflow-y-auto">
        {lines.map(({ where, message }) => (
          <li key={`${where} ${message}`}>
            <span className="font-mono text-xs text-quiet">{where}</span> {message}
          </li>
        ))}
      </ul>
    </section>
  );
}
