'use client';

import { Play } from 'lucide-react';
import { useState } from 'react';
import { isJsonObject, type JsonObject } from '../../server/domain/json.ts';
import { type Answer, useAction } from '../data/index.ts';
import { useMay } from '../shell/use-may.ts';
import { Button } from '../ui/button.tsx';
import { Notice } from '../ui/feedback.tsx';
import { Field, TextArea } from '../ui/field.tsx';
import { Code } from '../ui/text.tsx';
import { sampleOf } from './sample-of.ts';
import { words } from './words.ts';

type Tool = Answer<'mcp.connectionTools'>['tools'][number];

/** A call by hand, through the gateway and under its rules like any other. */
export function Playground({ tool }: { tool: Tool }) {
  const canCall = useMay()('mcp.call');
  const [text, setText] = useState(() => JSON.stringify(sampleOf(tool.definition?.inputSchema), null, 2));
  const { mutate, data, error, isPending } = useAction('mcp.callTool', { refresh: [['mcpUsage']] });
  const given = parse(text);
  if (!canCall) return null;
  return (
    <form
      aria-label={`${words.tryIt}: ${tool.name}`}
      className="flex flex-col gap-2"
      onSubmit={(event) => {
        event.preventDefault();
        if (given) mutate({ tool: tool.gateway_name, arguments: given });
      }}
    >
      <Field label={words.arguments} error={given ? undefined : words.notJson}>
        <TextArea value={text} onChange={setText} mono rows={5} spellCheck={false} />
      </Field>
      <div>
        <Button type="submit" icon={Play} busy={isPending} disabled={!given}>
          {words.call}
        </Button>
      </div>
      {error ? <Notice message={error.message} advice={error.advice} /> : null}
      {data ? <Result answer={data} /> : null}
    </form>
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

function parse(text: string): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isJsonObject(value as never) ? (value as JsonObject) : undefined;
  } catch {
    return undefined;
  }
}
