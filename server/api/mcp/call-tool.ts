import type { CallToolResult } from '@modelcontextprotocol/server';
import type { RateClass } from '#server/identity/limits/rates.ts';
import { sentencesOf, toProblem } from '../http/problem.ts';
import { noteRefusal } from '../note-refusal.ts';
import { counted } from '../tools/counted.ts';
import type { ToolCall } from '../tools/tool.ts';
import { type McpCall, reportOurs } from './call.ts';
import type { RequestContext } from './request-context.ts';

/**
 * What a tool answers with, or why not: a model reads both, so that what is wrong with its input or with the state of
 * things is a result like any other. What is no tool at all is an error of the protocol, and not for here.
 */
export async function callTool(
  call: McpCall,
  { name, rate }: { name: string; rate: RateClass },
  work: { context: RequestContext; handle(toolCall: ToolCall): Promise<Record<string, unknown>> },
): Promise<CallToolResult> {
  try {
    await charge(call, rate);
    const toolCall = toToolCall(call, work.context);
    const output = await counted(toolCall, () => work.handle(toolCall));
    return { structuredContent: output, content: [{ type: 'text', text: JSON.stringify(output) }] };
  } catch (error) {
    noteRefusal({ ...call, route: `MCP ${name}` }, error);
    reportOurs(call, error);
    return toFailure(call, error);
  }
}

/** The door has counted a read already. */
async function charge({ services, actor }: McpCall, rateClass: RateClass): Promise<void> {
  if (rateClass === 'reads') return;
  const { refusal } = await services.rates.admit(actor, { [rateClass]: 1 });
  if (refusal) throw refusal;
}

function toToolCall(call: McpCall, { mcpReq }: RequestContext): ToolCall {
  const token = mcpReq._meta?.progressToken;
  // Whoever has gone hears nothing more, which is no trouble.
  const send = (notification: Parameters<typeof mcpReq.notify>[0]) => {
    mcpReq.notify(notification).catch(() => undefined);
  };
  return {
    services: call.services,
    actor: call.actor,
    signal: AbortSignal.any([mcpReq.signal, call.signal]),
    progress({ done, total, message }) {
      if (token === undefined) return;
      const params = {
        ...{ progressToken: token, progress: done },
        ...(total === undefined ? {} : { total }),
        ...(message === undefined ? {} : { message }),
      };
      send({ method: 'notifications/progress', params });
    },
    say(level, line) {
      mcpReq.log(level, line, 'signalbox').catch(() => undefined);
    },
  };
}

export function toFailure({ requestId }: McpCall, error: unknown): CallToolResult {
  const problem = toProblem(error, requestId);
  const text = sentencesOf(problem);
  return { isError: true, content: [{ type: 'text', text }], _meta: { 'signalbox/problem': problem } };
}
