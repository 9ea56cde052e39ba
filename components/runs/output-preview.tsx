'use client';

import { useEffect, useState } from 'react';
import { isJsonObject, type Json } from '../../server/domain/json.ts';
import { rest } from '../data/index.ts';
import { Code } from '../ui/text.tsx';

const SHOWN_CHARS = 6_000;

/** The first object that an output refers to, such as the file that an output stage wrote. */
function findObject(output: Json): { hash: string; label: string } | undefined {
  const candidates = isJsonObject(output) ? [output, ...Object.values(output)] : [];
  for (const value of candidates) {
    if (!isJsonObject(value) || typeof value.$object !== 'string') continue;
    return { hash: value.$object, label: typeof value.name === 'string' ? value.name : 'stored content' };
  }
  return undefined;
}

export function OutputPreview({ runId, output }: { runId: string; output: Json }) {
  const object = findObject(output);
  return (
    <div className="space-y-3">
      {object ? <StoredText runId={runId} hash={object.hash} label={object.label} /> : null}
      <Text label="Output" text={JSON.stringify(output, null, 2)} />
    </div>
  );
}

function StoredText({ runId, hash, label }: { runId: string; hash: string; label: string }) {
  const [text, setText] = useState('Loading…');
  useEffect(() => {
    let closed = false;
    const show = (next: string) => {
      if (!closed) setText(next);
    };
    rest(`/runs/${encodeURIComponent(runId)}/objects/${hash}`)
      .then((response) => response.text())
      .then(show, (error: Error) => show(error.message));
    return () => {
      closed = true;
    };
  }, [runId, hash]);
  return <Text label={label} text={text} />;
}

function Text({ label, text }: { label: string; text: string }) {
  const shown =
    text.length > SHOWN_CHARS
      ? `${text.slice(0, SHOWN_CHARS)}\n… ${text.length - SHOWN_CHARS} characters more`
      : text;
  return (
    <div>
      <h4 className="mb-1 text-sm font-medium text-quiet">{label}</h4>
      <Code label={label}>{shown}</Code>
    </div>
  );
}
