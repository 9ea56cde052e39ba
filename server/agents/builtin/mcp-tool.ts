import { z } from 'zod';
import { type ErrorCode, SignalboxError } from '#server/domain/errors.ts';
import type { ErrorClass } from '#server/domain/graph/schema.ts';
import type { Assignment } from '#server/domain/hands.ts';
import { getOwn, isJsonObject, type Json, type JsonObject, setOwn } from '#server/domain/json.ts';
import { MAX_TOOL_NAME, SLUG } from '#server/domain/mcp.ts';
import { AgentFailure, type AssignmentContext, type BuiltinAgent } from '../agent.ts';
import type { Shapes } from './data/shapes.ts';
import { readConfig } from './read-config.ts';

export const mcpToolConfigSchema = z
  .strictObject({
    connection: z.string().regex(SLUG).optional().describe('The connection whose tool it is'),
    server: z.string().regex(SLUG).optional().describe('Instead of it, a virtual server'),
    tool: z.string().min(1).max(MAX_TOOL_NAME),
    arguments: z
      .record(z.string(), z.json())
      .optional()
      .describe(
        'Left out, the input is what the tool is given. `{"$input": "a.b"}` stands for a value of the input',
      ),
  })
  .refine(
    ({ connection, server }) => (connection === undefined) !== (server === undefined),
    'must name a connection or a server, and not both',
  )
  .describe('Calls a tool of a connected MCP server');

/** What a stage gives; `structured` is as the tool's own `outputSchema` says, where it has one. */
export const mcpToolShapes: Pick<Shapes, 'gives'> = {
  gives: {
    type: 'object',
    properties: {
      structured: {},
      text: { type: 'string' },
      content: { type: 'array', items: { type: 'object' } },
    },
    required: ['structured', 'text', 'content'],
  },
};

export interface ToolWork {
  assignment: Pick<Assignment, 'runId' | 'taskId' | 'stageKey' | 'epoch'>;
  connection: string | undefined;
  server: string | undefined;
  tool: string;
  args: JsonObject;
  signal: AbortSignal;
  onProgress(progress: { progress: number; total?: number | undefined; message?: string | undefined }): void;
  /** People are asked, and why; nothing goes on until they have said something. */
  onAsked(why: string): void;
}

/** How stages reach the connected servers. Rejects with a `SignalboxError` when there is no answer. */
export type CallMcpTool = (work: ToolWork) => Promise<{ result: JsonObject; isError: boolean }>;

const CONCURRENCY = 64;
const MAX_WORDS = 4000;

export function createMcpToolAgent(callTool: CallMcpTool): BuiltinAgent {
  return {
    name: 'builtin-mcp-tool',
    version: '1.0.0',
    capabilities: ['mcp-tool'],
    maxConcurrency: CONCURRENCY,
    handle: (assignment, context) => handle(callTool, assignment, context),
  };
}

async function handle(
  callTool: CallMcpTool,
  assignment: Assignment,
  context: AssignmentContext,
): Promise<Json> {
  const config = readConfig(mcpToolConfigSchema, assignment.config);
  const { connection, server, tool, arguments: mapping } = config;
  const args = argumentsOf(mapping, assignment.input);
  context.log('info', `Calling ${tool} of ${connection ?? server}.`);
  const { result, isError } = await callTool({
    ...{ assignment, connection, server, tool, args, signal: context.signal },
    onProgress: ({ progress, total, message }) =>
      context.progress(total ? Math.min(1, progress / total) : 0, message),
    onAsked: (why) => context.log('warn', why),
  }).catch((error: unknown) => Promise.reject(toFailure(error)));
  const words = textOf(result);
  if (isError) throw new AgentFailure('agent', 'TOOL_ERROR', words.slice(0, MAX_WORDS) || 'The tool failed.');
  // What others wrote: it goes on as data.
  return { structured: result.structuredContent ?? null, text: words, content: result.content ?? [] };
}

function argumentsOf(mapping: JsonObject | undefined, input: Json): JsonObject {
  if (mapping !== undefined) return fill(mapping, input) as JsonObject;
  if (isJsonObject(input)) return input;
  if (input === null) return {};
  throw new AgentFailure(
    'invalid-input',
    'NO_ARGUMENTS',
    'The input is no object, and a tool takes arguments by name. Name them in `arguments`.',
  );
}

const REFERENCE = '$input';

function fill(part: Json, input: Json): Json {
  if (Array.isArray(part)) return part.map((each) => fill(each, input));
  if (!isJsonObject(part)) return part;
  const keys = Object.keys(part);
  const path = part[REFERENCE];
  if (keys.length === 1 && typeof path === 'string') return valueAt(input, path);
  const filled: JsonObject = {};
  for (const key of keys) setOwn(filled, key, fill(part[key] ?? null, input));
  return filled;
}

function valueAt(input: Json, path: string): Json {
  let value: Json | undefined = input;
  for (const key of path === '' ? [] : path.split('.')) {
    value = isJsonObject(value ?? null) ? getOwn(value as JsonObject, key) : undefined;
  }
  if (value !== undefined) return value;
  throw new AgentFailure(
    'invalid-input',
    'NO_ARGUMENTS',
    `The input has nothing at ${JSON.stringify(path)}.`,
  );
}

function textOf({ content }: JsonObject): string {
  if (!Array.isArray(content)) return '';
  return content
    .flatMap((part) => (isJsonObject(part) && typeof part.text === 'string' ? [part.text] : []))
    .join('\n');
}

/** Which failures another attempt may mend. */
const CLASS_OF: Readonly<Partial<Record<ErrorCode, ErrorClass>>> = {
  LIMITED: 'rate-limited',
  UNAVAILABLE: 'agent',
  TOO_LARGE: 'invalid-output',
  INTERNAL: 'internal',
};

function toFailure(error: unknown): unknown {
  if (!(error instanceof SignalboxError)) return error;
  const { code, message, advice } = error;
  const words = advice === undefined ? message : `${message} ${advice}`;
  return new AgentFailure(CLASS_OF[code] ?? 'invalid-input', `MCP_${code}`, words);
}
