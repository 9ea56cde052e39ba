'use client';

import { Play } from 'lucide-react';
import { useState } from 'react';
import { isJsonObject, type Json } from '../../server/domain/json.ts';
import { type Answer, useAction } from '../data/index.ts';
import { InputForm } from '../schema-form/index.ts';
import { useMay } from '../shell/use-may.ts';
import { Button } from '../ui/button.tsx';
import { Notice } from '../ui/feedback.tsx';
import { Code } from '../ui/text.tsx';
import { isShownInForm, QuestionForm } from './question-form.tsx';
import { sampleOf } from './sample-of.ts';
import { words } from './words.ts';

type Tool = Answer<'mcp.connectionTools'>['tools'][number];

type Asked = NonNullable<Answer<'mcp.callTool'>['question']>;

/** A call by hand, through the gateway and under its rules like any other. What the server asks is answered in place. */
export function Playground({ tool }: { tool: Tool }) {
  const canCall = useMay()('mcp.call');
  const schema = tool.definition?.inputSchema as Json | undefined;
  const [given, setGiven] = useState<Json | undefined>(() => sampleOf(schema));
  const { mutate, data, error, isPending, variables } = useAction('mcp.callTool', {
    refresh: [['mcpUsage']],
    onDone: ({ question }) => setAsked(question),
    onFailure: ({ code }) => (code === 'INVALID' ? undefined : setAsked(undefined)),
  });
  const [asked, setAsked] = useState<Asked>();
  const args = isJsonObject(given) ? given : undefined;
  if (!canCall) return null;
  return (
    <div className="flex flex-col gap-3">
      <form
        aria-label={`${words.tryIt}: ${tool.name}`}
        className="flex flex-col gap-2"
        onSubmit={(event) => {
          event.preventDefault();
          if (args) mutate({ tool: tool.gateway_name, arguments: args, can_answer: true });
        }}
      >
        <InputForm label={words.arguments} schema={schema} value={given} onChange={setGiven} />
        <div>
          <Button type="submit" icon={Play} busy={isPending} disabled={!args}>
            {words.call}
          </Button>
        </div>
      </form>
      {error && !isShownInForm(error.issues) ? (
        <Notice message={error.message} advice={error.advice} />
      ) : null}
      {asked ? (
        <QuestionForm
          key={asked.state}
          label={words.asksFirst(tool.name)}
          parts={asked.parts}
          problems={error?.issues ?? []}
          isBusy={isPending}
          // The same call as before: an answer belongs to what it was asked in.
          onAnswer={(answers) => variables && mutate({ ...variables, state: asked.state, answers })}
        />
      ) : null}
      {data && !data.question ? <Result answer={data} /> : null}
    </div>
  );
}

function Result({ answer }: { answer: Answer<'mcp.callTool'> }) {
  return (
    <div>
      <p className={`mb-1 text-xs ${answer.is_error ? 'text-bad' : 'text-quiet'}`}>
        {words.took(answer.latency_ms)} · {words.hostile}
      </p>
      <Code label={words.answer}>{JSON.stringify(answer.result, null, 2)}</Code>
    </div>
  );
}
