'use client';

import { ExternalLink } from 'lucide-react';
import { useState } from 'react';
import type { Json, JsonObject } from '../../server/domain/json.ts';
import type { AnswerAction } from '../../server/domain/mcp.ts';
import type { Answer, Input, Issue } from '../data/index.ts';
import { InputForm, startOf } from '../schema-form/index.ts';
import { Button } from '../ui/button.tsx';
import { ConfirmDialog } from '../ui/dialog.tsx';
import { Code } from '../ui/text.tsx';
import { words } from './words.ts';

export type Part = NonNullable<Answer<'mcpQuestions.list'>['questions'][number]['parts']>[number];
export type Said = Input<'mcpQuestions.answer'>['answers'];

interface FormProps {
  /** By which people tell forms apart. */
  label: string;
  parts: readonly Part[];
  /** What of the answer did not fit. */
  problems?: readonly Issue[];
  isBusy: boolean;
  onAnswer(said: Said): void;
}

/** What a server asks before it goes on with a call. All of it is its own words, and shown as such. */
export function QuestionForm({ label, parts, problems = [], isBusy, onAnswer }: FormProps) {
  const [values, setValues] = useState<Readonly<Record<string, Json | undefined>>>(() =>
    Object.fromEntries(parts.map(({ name, schema }) => [name, startOf(schema ?? undefined)])),
  );
  const isWhole = parts.every(({ name, mode }) => mode === 'url' || values[name] !== undefined);
  const say = (action: AnswerAction) => {
    const said = parts.map(({ name, mode }): [string, Said[string]] => {
      const content = mode === 'form' && action === 'accept' ? (values[name] as JsonObject) : undefined;
      return [name, { action, ...(content === undefined ? {} : { content }) }];
    });
    onAnswer(Object.fromEntries(said));
  };
  const isPageAlone = parts.every(({ mode }) => mode === 'url');
  return (
    <form
      aria-label={label}
      className="flex max-w-2xl flex-col gap-4"
      onSubmit={(event) => {
        event.preventDefault();
        if (isWhole) say('accept');
      }}
    >
      {parts.map((part) => (
        <div key={part.name} className="flex flex-col gap-3">
          <blockquote className="border-l-2 border-line pl-3">
            <p className="whitespace-pre-wrap break-words">{part.message}</p>
            <footer className="text-xs text-quiet">{words.hostile}</footer>
          </blockquote>
          {part.url === null ? (
            <InputForm
              label={words.question.answer}
              schema={part.schema ?? undefined}
              value={values[part.name]}
              problems={problemsOf(part, problems)}
              onChange={(next) => setValues((before) => ({ ...before, [part.name]: next }))}
            />
          ) : (
            <PageToOpen url={part.url} host={part.host ?? ''} />
          )}
        </div>
      ))}
      <div className="flex flex-wrap gap-2">
        <Button type="submit" look="primary" busy={isBusy} disabled={!isWhole}>
          {isPageAlone ? words.question.visited : words.question.submit}
        </Button>
        <Button disabled={isBusy} onClick={() => say('decline')}>
          {words.question.decline}
        </Button>
        <Button look="quiet" disabled={isBusy} onClick={() => say('cancel')}>
          {words.question.cancel}
        </Button>
      </div>
    </form>
  );
}

/** All that is wrong stands beside its field. */
export const isShownInForm = (issues: readonly Issue[]): boolean =>
  issues.length > 0 && issues.every(({ path }) => path[2] === 'content');

/** By the names of the fields: `answers`, the part, `content`, the field. */
const problemsOf = ({ name }: Part, problems: readonly Issue[]): Record<string, string> =>
  Object.fromEntries(
    problems
      .filter(({ path }) => path[1] === name && path[2] === 'content')
      .map(({ path, message }) => [String(path[3]), message]),
  );

/** It is opened by people, who have seen where it leads. */
function PageToOpen({ url, host }: { url: string; host: string }) {
  const [isAsking, setAsking] = useState(false);
  return (
    <div className="flex flex-col items-start gap-2">
      <Code label={words.question.page}>{url}</Code>
      <Button icon={ExternalLink} onClick={() => setAsking(true)}>
        {words.question.open(host)}
      </Button>
      <ConfirmDialog
        open={isAsking}
        onOpenChange={setAsking}
        title={words.question.openTitle(host)}
        consequence={words.question.openConsequence(url)}
        confirmLabel={words.question.openNow}
        onConfirm={() => {
          window.open(url, '_blank', 'noopener,noreferrer');
        }}
      />
    </div>
  );
}
