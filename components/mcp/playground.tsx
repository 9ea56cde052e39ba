'use client';

import { Play } from 'lucide-react';
import { useState } from 'react';
import { isJsonObject, type Json, type JsonObject } from '../../server/domain/json.ts';
import { type Answer, type Input, useAction } from '../data/index.ts';
import { InputForm } from '../schema-form/index.ts';
import { useMay } from '../shell/use-may.ts';
import { Button } from '../ui/button.tsx';
import { Notice } from '../ui/feedback.tsx';
import { Code } from '../ui/text.tsx';
import { type Played, PlayedList } from './played.tsx';
import { isShownInForm, QuestionForm, type Said } from './question-form.tsx';
import { sampleOf } from './sample-of.ts';
import { words } from './words.ts';

type Tool = Answer<'mcp.connectionTools'>['tools'][number];

type Asked = NonNullable<Answer<'mcp.callTool'>['question']>;

interface PlaygroundProps {
  tool: Tool;
  /** What was called here before, newest first; the page keeps it while it is open. */
  played: readonly Played[];
  onPlayed(call: Played): void;
}

/** A call by hand, through the gateway and under its rules like any other. What the server asks is answered in place. */
export function Playground({ tool, played, onPlayed }: PlaygroundProps) {
  const canCall = useMay()('mcp.call');
  const schema = tool.definition?.inputSchema as Json | undefined;
  const [given, setGiven] = useState<Json | undefined>(() => sampleOf(schema));
  /** Another one with each call that is taken up again: a form keeps its own text. */
  const [round, setRound] = useState(0);
  const { call, data, error, isPending, asked, answer } = useCalls(tool, onPlayed);
  const args = isJsonObject(given) ? given : undefined;
  const isShown = error !== null || (data !== undefined && !data.question);
  if (!canCall) return null;
  return (
    <div className="flex flex-col gap-3">
      <form
        aria-label={`${words.tryIt}: ${tool.name}`}
        className="flex flex-col gap-2"
        onSubmit={(event) => {
          event.preventDefault();
          if (args) call(args);
        }}
      >
        <InputForm key={round} label={words.arguments} schema={schema} value={given} onChange={setGiven} />
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
          onAnswer={answer}
        />
      ) : null}
      {data && !data.question ? <Result answer={data} /> : null}
      <PlayedList
        calls={isShown ? played.slice(1) : played}
        onAgain={(before) => {
          setGiven(before.arguments);
          setRound(round + 1);
        }}
      />
    </div>
  );
}

/** Each call with what came of it, and what the server asks in its middle. */
function useCalls(tool: Tool, onPlayed: (call: Played) => void) {
  const [asked, setAsked] = useState<Asked>();
  const { mutate, data, error, isPending, variables } = useAction('mcp.callTool', {
    refresh: [['mcpUsage']],
    onDone: ({ question }) => setAsked(question),
    onFailure: ({ code }) => (code === 'INVALID' ? undefined : setAsked(undefined)),
  });
  const send = (input: Input<'mcp.callTool'>) => {
    const base = { at: new Date().toISOString(), arguments: input.arguments as JsonObject };
    mutate(input, {
      onSuccess({ question, is_error: isError, result, latency_ms: ms }) {
        if (question) return;
        const text = JSON.stringify(result, null, 2);
        onPlayed({ ...base, text, ms, outcome: isError ? 'tool-error' : 'answered' });
      },
      onError: ({ message }) => onPlayed({ ...base, text: message, ms: null, outcome: 'fault' }),
    });
  };
  return {
    ...{ data, error, isPending, asked },
    call: (args: JsonObject) => send({ tool: tool.gateway_name, arguments: args, can_answer: true }),
    // The same call as before: an answer belongs to what it was asked in.
    answer: (answers: Said) => {
      if (variables && asked) send({ ...variables, state: asked.state, answers });
    },
  };
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
