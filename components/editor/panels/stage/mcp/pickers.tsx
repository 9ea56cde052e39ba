'use client';

import { Boxes, Cable, PenLine, Wrench } from 'lucide-react';
import { isJsonObject, type JsonObject } from '../../../../../server/domain/json.ts';
import { lookOfConnection } from '../../../../looks/index.ts';
import { Link } from '../../../../ui/link.tsx';
import { StatusText } from '../../../../ui/status.tsx';
import type { PickerItem } from '../../../dialogs/picker.tsx';
import type { StageItem } from '../../../model/document.ts';
import { isPassedWhole, type ToolInput } from '../../../model/mcp/arguments.ts';
import {
  choiceOf,
  type KnownMcp,
  type McpSource,
  type McpTool,
  sourceKey,
  sourceOf,
  withSource,
} from '../../../model/mcp/known-mcp.ts';
import { obstacleOf, whyNotCallable } from '../../../model/mcp/tool-problems.ts';
import { Choose } from './choose.tsx';
import { words } from './words.ts';

/** Both of what says what a tool is given, as they go together. */
export type PutInput = (next: ToolInput) => void;

interface PickerProps {
  stage: StageItem;
  known: KnownMcp;
  onPut: PutInput;
}

const configOf = ({ config }: StageItem): JsonObject => (isJsonObject(config) ? config : {});

/** Where the tool is from, with how that is doing. */
export function SourcePicker({ stage, known, onPut }: PickerProps) {
  const choice = choiceOf(stage);
  const source = sourceOf(known, stage);
  const pick = (key: string) => {
    const picked = known.get(key);
    if (picked) onPut({ config: withSource(configOf(stage), picked), input: stage.input });
  };
  return (
    <Choose
      label={words.source}
      search={words.searchSources}
      place={choice.kind}
      chosen={source ? <Source source={source} /> : <Unknown text={choice.slug} none={words.chooseSource} />}
      items={[...known.values()].map(toSourceItem)}
      none={known.size === 0 ? words.noSources : words.noSourceFits}
      onPick={pick}
    >
      {known.size === 0 ? <Way href="/connections">{words.connectOne}</Way> : null}
    </Choose>
  );
}

function Source({ source }: { source: McpSource }) {
  return (
    <>
      <span className="truncate">{source.name}</span>
      <span className="shrink-0 text-sm">
        <StatusText look={lookOfConnection(source.standing)} />
      </span>
    </>
  );
}

const Unknown = ({ text, none }: { text: string; none: string }) =>
  text === '' ? (
    <span className="text-faint">{none}</span>
  ) : (
    <span className="truncate font-mono text-sm">{text}</span>
  );

const toSourceItem = (source: McpSource): PickerItem => ({
  id: sourceKey(source),
  label: source.name,
  about: source.kind === 'server' ? words.virtual(source.slug) : source.slug,
  icon: source.kind === 'server' ? Boxes : Cable,
  note: <StatusText look={lookOfConnection(source.standing)} />,
  refused: source.isOfPersons ? words.ofPersons : null,
});

/** Which of its tools. What is not approved is shown with the way there, and cannot be taken. */
export function ToolPicker({ stage, known, onPut }: PickerProps) {
  const choice = choiceOf(stage);
  const source = sourceOf(known, stage);
  const tools = [...(source?.tools?.values() ?? [])].sort(callableFirst);
  const tool = source?.tools?.get(choice.tool);
  const obstacle = choice.slug === '' ? null : obstacleOf(choice, source);
  const pick = (name: string) => {
    const { tool: before, ...config } = configOf(stage);
    // Who picks a tool fills in its form; what is passed on already goes on being passed.
    const isFresh = before === undefined && isPassedWhole(stage) && stage.input === undefined;
    const begun: JsonObject = isFresh ? { arguments: {} } : {};
    onPut({ config: { ...withTool(config, name), ...begun }, input: stage.input });
  };
  return (
    <Choose
      label={words.tool}
      search={words.searchTools}
      place="tool"
      chosen={tool ? <Tool tool={tool} /> : <Unknown text={choice.tool} none={words.chooseTool} />}
      items={tools.map(toToolItem)}
      none={whyNoTools(choice.slug, source)}
      onPick={pick}
    >
      {tool ? <About tool={tool} /> : null}
      {obstacle === null ? null : (
        <p className="text-sm text-warn">
          {obstacle.message} <span className="text-quiet">{obstacle.advice}</span>
        </p>
      )}
      {source ? <Way href={source.href}>{words.openSource(source.name)}</Way> : null}
    </Choose>
  );
}

const callableFirst = (one: McpTool, other: McpTool): number =>
  Number(whyNotCallable(one) !== null) - Number(whyNotCallable(other) !== null);

/** After where it is from, as people write it. */
function withTool({ connection, server, ...rest }: JsonObject, tool: string): JsonObject {
  return {
    ...(connection === undefined ? {} : { connection }),
    ...(server === undefined ? {} : { server }),
    tool,
    ...rest,
  };
}

function Tool({ tool: { name, title } }: { tool: McpTool }) {
  return (
    <>
      <span className="truncate font-mono text-sm">{name}</span>
      <span className="min-w-0 shrink-[99] truncate text-sm text-quiet">{title}</span>
    </>
  );
}

function About({ tool: { description, mayChange } }: { tool: McpTool }) {
  return (
    <div className="flex flex-col gap-1 text-xs text-quiet">
      {description === '' ? null : <p className="line-clamp-4 wrap-anywhere">{description}</p>}
      {mayChange ? (
        <p className="flex items-center gap-1.5">
          <PenLine aria-hidden size={13} className="shrink-0" />
          {words.mayChangeThings}
        </p>
      ) : null}
    </div>
  );
}

const toToolItem = (tool: McpTool): PickerItem => ({
  id: tool.name,
  label: tool.name,
  about: [tool.title, tool.description].filter(Boolean).join(' · '),
  icon: Wrench,
  note: tool.mayChange ? (
    <span className="flex items-center gap-1">
      <PenLine aria-hidden size={13} />
      {words.mayChange}
    </span>
  ) : undefined,
  refused: whyNotCallable(tool)?.message ?? null,
});

function whyNoTools(slug: string, source: McpSource | undefined): string {
  if (slug === '' || !source) return words.sourceFirst;
  if (source.tools === null) return words.toolsLoading;
  return source.tools.size === 0 ? words.noTools : words.noToolFits;
}

const Way = ({ href, children }: { href: string; children: string }) => (
  <p className="text-sm">
    <Link href={href} className="text-accent underline-offset-4 hover:underline">
      {children}
    </Link>
  </p>
);
