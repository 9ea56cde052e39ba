'use client';

import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { isJsonObject, type Json, type JsonObject } from '../../../../../server/domain/json.ts';
import { useIsFor } from '../../../../shell/use-may.ts';
import { Segments } from '../../../../ui/choice.tsx';
import { Skeleton } from '../../../../ui/feedback.tsx';
import { useEditor } from '../../../context.ts';
import { type FormField, formOf } from '../../../model/capabilities.ts';
import type { StageItem } from '../../../model/document.ts';
import { setFields } from '../../../model/edits/stages.ts';
import { givenNames, isPassedWhole, passWhole, type ToolInput } from '../../../model/mcp/arguments.ts';
import { choiceOf, type KnownMcp, type McpTool, toolOf } from '../../../model/mcp/known-mcp.ts';
import { allConnections } from '../../../session/use-mcp.ts';
import { useObserved } from '../../../store/observable.ts';
import { JsonField } from '../../fields.tsx';
import { SchemaForm } from '../../schema-form.tsx';
import { ArgumentFields } from './argument-fields.tsx';
import { type PutInput, SourcePicker, ToolPicker } from './pickers.tsx';
import { words } from './words.ts';

/** Which tool a stage calls, and what with. Who may not see connections writes the same as text. */
export function McpConfig({
  stage,
  schema,
  onChange,
}: {
  stage: StageItem;
  schema: JsonObject | null;
  onChange(config: Json | undefined): void;
}) {
  const { mcp } = useEditor();
  const known = useObserved(mcp, (map) => map);
  const mayRead = useIsFor()('mcp.read');
  const { isError } = useQuery({ ...allConnections, enabled: false });
  if (known) return <ToolForm stage={stage} known={known} />;
  if (mayRead && !isError) return <Skeleton label={words.loading} rows={3} />;
  return (
    <>
      <p className="text-sm text-quiet">{mayRead ? words.notLoaded : words.notForYou}</p>
      <SchemaForm
        schema={schema}
        value={isJsonObject(stage.config) ? stage.config : {}}
        onChange={onChange}
      />
    </>
  );
}

function ToolForm({ stage, known }: { stage: StageItem; known: KnownMcp }) {
  const put = usePut(stage);
  const tool = toolOf(known, stage);
  // Before a tool is chosen there is nothing to say of what it is given, unless somebody has.
  const isBegun = choiceOf(stage).tool !== '' || !isPassedWhole(stage);
  return (
    <>
      <SourcePicker stage={stage} known={known} onPut={(next) => put(next, 'source')} />
      <ToolPicker stage={stage} known={known} onPut={(next) => put(next, 'tool')} />
      {isBegun ? <Arguments stage={stage} tool={tool} onPut={(next) => put(next, 'arguments')} /> : null}
    </>
  );
}

function usePut(stage: StageItem) {
  const { store } = useEditor();
  return (next: ToolInput, what: string) => {
    const fields = { config: next.config, input: next.input };
    store.perform(setFields(store.get().document, stage.key, { fields, burst: `config ${what}` }));
  };
}

type Way = 'fields' | 'json' | 'whole';

function Arguments({ stage, tool, onPut }: { stage: StageItem; tool: McpTool | undefined; onPut: PutInput }) {
  const [isText, setText] = useState(false);
  const fields = tool ? fieldsFor(stage, tool) : null;
  const way: Way = isPassedWhole(stage) ? 'whole' : isText || fields === null ? 'json' : 'fields';
  const turn = (next: Way) => {
    setText(next === 'json');
    if ((next === 'whole') !== (way === 'whole')) onPut(passWhole(stage, next === 'whole'));
  };
  const ways = WAYS.filter(({ value }) => value !== 'fields' || fields !== null);
  return (
    <div className="flex flex-col gap-4">
      <div className="flex flex-col gap-1">
        <span className="text-sm font-medium">{words.arguments}</span>
        <Segments label={words.arguments} value={way} choices={ways} onChange={turn} />
        {way === 'whole' ? <p className="text-xs text-quiet">{words.wholeHint}</p> : null}
      </div>
      {way === 'fields' && fields?.length === 0 ? (
        <p className="text-sm text-quiet">{words.noArguments}</p>
      ) : null}
      {way === 'fields' && fields ? <ArgumentFields stage={stage} fields={fields} /> : null}
      {way === 'json' ? <ArgumentsAsJson stage={stage} onPut={onPut} /> : null}
    </div>
  );
}

const WAYS = [
  { value: 'fields', label: words.ways.fields },
  { value: 'json', label: words.ways.json },
  { value: 'whole', label: words.ways.whole },
] as const;

/** Those of its schema, and what else is given, which it may refuse. */
function fieldsFor(stage: StageItem, { inputSchema }: McpTool): FormField[] {
  const own = formOf(inputSchema) ?? [];
  const names = new Set(own.map(({ name }) => name));
  const others = givenNames(stage).filter((name) => !names.has(name));
  return [...own, ...others.map(unlisted)];
}

const unlisted = (name: string): FormField => ({
  ...{ name, title: name, hint: words.unlisted, required: false },
  ...{ control: { kind: 'json' }, byDefault: undefined },
});

function ArgumentsAsJson({ stage, onPut }: { stage: StageItem; onPut: PutInput }) {
  const config = isJsonObject(stage.config) ? stage.config : {};
  return (
    <JsonField
      label={words.asJson}
      hint={words.asJsonHint}
      value={config.arguments}
      onChange={(next) => {
        const { arguments: _, ...rest } = config;
        const args = isJsonObject(next) ? next : {};
        onPut({ config: { ...rest, arguments: args }, input: stage.input });
      }}
      placeholder="{ }"
    />
  );
}
