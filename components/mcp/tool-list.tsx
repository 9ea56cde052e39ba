'use client';

import { ChevronDown, ChevronRight, TriangleAlert, Wrench } from 'lucide-react';
import { type ComponentProps, useState } from 'react';
import type { Answer } from '../data/index.ts';
import { lookOfTool } from '../looks/index.ts';
import { Broken } from '../shell/broken.tsx';
import { usePages } from '../shell/paged-table.tsx';
import { useAct } from '../shell/use-act.ts';
import { useMay } from '../shell/use-may.ts';
import { Button } from '../ui/button.tsx';
import { Empty, Skeleton } from '../ui/feedback.tsx';
import { StatusText } from '../ui/status.tsx';
import { Card } from '../ui/surface.tsx';
import { Code } from '../ui/text.tsx';
import { type Played, withPlayed } from './played.tsx';
import { Playground } from './playground.tsx';
import { words } from './words.ts';

type Connection = Answer<'mcp.connection'>;
type Tool = Answer<'mcp.connectionTools'>['tools'][number];

/** What the server offers: what is new or has changed cannot be called until somebody has looked at it. */
export function ToolList({ connection }: { connection: Connection }) {
  const canManage = useMay()('mcp.manage');
  const asked = usePages('mcp.connectionTools', { id: connection.id, limit: 200 }, (page) => page.tools);
  const { rows, error } = asked;
  const approve = useAct('mcp.approveTools', { done: words.approved });
  const waiting = (rows ?? []).flatMap(({ name, hash, changes, state, definition }) =>
    // status-words: states of tools
    definition !== null && hash !== null && (state === 'new' || state === 'changed')
      ? [{ name, hash, changes }]
      : [],
  );
  // status-words: states of tools
  const approved = (rows ?? []).filter(({ state }) => state === 'approved');
  const cost = approved.reduce((sum, { tokens }) => sum + tokens, 0);
  if (error && !rows) return <Broken of={asked} />;
  return (
    <Card
      title={rows?.length === 0 ? words.toolsTitle : words.tools(rows?.length ?? 0)}
      flush
      actions={
        canManage && waiting.length > 1 ? (
          <Button
            size="sm"
            busy={approve.isBusy}
            onClick={() =>
              approve.run({ id: connection.id, tools: waiting.map(({ name, hash }) => ({ name, hash })) })
            }
          >
            {words.approveAll(waiting.length)}
          </Button>
        ) : undefined
      }
    >
      {cost > 0 ? (
        <p className="border-b border-line px-4 py-2 text-sm text-quiet">{words.costs(cost)}</p>
      ) : null}
      {rows ? null : <Skeleton label={words.tools(0)} />}
      {rows?.length === 0 ? <NoTools hasAnswered={connection.health?.ok === true} /> : null}
      <ul>
        {rows?.map((tool) => (
          <ToolRow key={tool.name} connection={connection} tool={tool} canManage={canManage} />
        ))}
      </ul>
    </Card>
  );
}

/** One that has not answered may well have some. */
function NoTools({ hasAnswered }: { hasAnswered: boolean }) {
  if (hasAnswered) return <Empty icon={Wrench} title={words.noTools} />;
  return (
    <Empty icon={Wrench} title={words.toolsUnknown}>
      {words.toolsUnknownNote}
    </Empty>
  );
}

interface RowProps {
  connection: Connection;
  tool: Tool;
  canManage: boolean;
}

function ToolRow({ connection, tool, canManage }: RowProps) {
  const [isOpen, setOpen] = useState(false);
  const [played, setPlayed] = useState<readonly Played[]>([]);
  const Chevron = isOpen ? ChevronDown : ChevronRight;
  return (
    <li className="border-b border-line last:border-b-0">
      <div className="flex min-h-11 flex-wrap items-center gap-x-3 gap-y-1 px-4 py-1.5">
        <button
          type="button"
          aria-expanded={isOpen}
          onClick={() => setOpen(!isOpen)}
          className="flex min-h-8 min-w-0 grow basis-64 items-center gap-2 text-left pointer-coarse:min-h-10"
        >
          <Chevron aria-hidden size={14} className="shrink-0 text-quiet" />
          <span title={tool.name} className="min-w-0 truncate font-mono text-sm">
            {tool.name}
          </span>
          <span className="min-w-0 shrink-[9999] truncate text-sm text-quiet max-md:hidden">
            {tool.definition?.description}
          </span>
        </button>
        {tool.warnings.length > 0 ? (
          <TriangleAlert aria-label={words.lookTwice} size={14} className="text-warn" />
        ) : null}
        <span className="text-xs tabular-nums text-quiet">{words.tokens(tool.tokens)}</span>
        <span className="md:w-24">
          <StatusText look={lookOfTool(tool.state)} />
        </span>
        {canManage ? <Judge connection={connection} tool={tool} /> : null}
      </div>
      {isOpen ? (
        <Details
          tool={tool}
          played={played}
          onPlayed={(call) => setPlayed((before) => withPlayed(before, call))}
        />
      ) : null}
    </li>
  );
}

function Judge({ connection: { id }, tool: { name, hash, state } }: Omit<RowProps, 'canManage'>) {
  const approve = useAct('mcp.approveTools', { done: words.approved });
  const block = useAct('mcp.blockTools');
  // status-words: states of tools
  const isBlocked = state === 'blocked';
  const isWaiting = state === 'new' || state === 'changed';
  return (
    <span className="flex justify-end gap-1 md:w-38">
      {isWaiting && hash !== null ? (
        <Button size="sm" busy={approve.isBusy} onClick={() => approve.run({ id, tools: [{ name, hash }] })}>
          {words.approve}
          <span className="sr-only"> {name}</span>
        </Button>
      ) : null}
      <Button
        size="sm"
        look="quiet"
        busy={block.isBusy}
        onClick={() => block.run({ id, tools: [name], blocked: !isBlocked })}
      >
        {isBlocked ? words.unblock : words.block}
        <span className="sr-only"> {name}</span>
      </Button>
    </span>
  );
}

function Details({ tool, played, onPlayed }: ComponentProps<typeof Playground>) {
  return (
    <div className="flex flex-col gap-3 border-t border-line bg-page px-4 py-3 text-sm">
      {tool.warnings.map((warning) => (
        <p key={warning} className="text-warn">
          {words.warnings[warning]}
        </p>
      ))}
      {tool.changes.length > 0 ? <Changes changes={tool.changes} /> : null}
      {tool.definition?.description === undefined ? null : (
        <p className="max-w-prose whitespace-pre-wrap break-words">{tool.definition.description}</p>
      )}
      {tool.definition ? (
        <Code label={words.schema}>{JSON.stringify(tool.definition.inputSchema, null, 2)}</Code>
      ) : null}
      {/* status-words: states of tools */}
      {/* Prompts and resources are approved here, and asked for by clients. */}
      {tool.state === 'approved' && !tool.name.includes('/') ? (
        <Playground {...{ tool, played, onPlayed }} />
      ) : null}
    </div>
  );
}

/** From what was approved to what it says now; what nobody would see is spelt out. */
function Changes({ changes }: Pick<Tool, 'changes'>) {
  return (
    <ul className="flex flex-col gap-2">
      {changes.map(({ path, before, after }) => (
        <li key={path} className="rounded-md border border-line bg-card p-2">
          <p className="mb-1 font-mono text-xs text-quiet">{path}</p>
          <div className={`grid gap-2 ${before === null ? '' : 'md:grid-cols-2'}`}>
            {before === null ? null : <Side label={words.was} text={before} look="bg-bad-soft" />}
            <Side label={words.is} text={after} look="bg-good-soft" />
          </div>
        </li>
      ))}
    </ul>
  );
}

function Side({ label, text, look }: { label: string; text: string | null; look: string }) {
  return (
    <div>
      <p className="text-xs text-quiet">{label}</p>
      <pre className={`whitespace-pre-wrap break-words rounded-sm p-1.5 font-mono text-xs ${look}`}>
        {text ?? '–'}
      </pre>
    </div>
  );
}
