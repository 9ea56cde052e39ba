import {
  MissingRequiredClientCapabilityError,
  ProtocolError,
  ProtocolErrorCode,
  ResourceNotFoundError,
} from '@modelcontextprotocol/server';
import { SignalboxError } from '#server/domain/errors.ts';
import { isJsonObject } from '#server/domain/json.ts';
import { sentencesOf, toProblem } from '../http/problem.ts';
import { noteRefusal } from '../note-refusal.ts';
import { type McpCall, reportOurs } from './call.ts';

export const invalidParams = (message: string): ProtocolError =>
  new ProtocolError(ProtocolErrorCode.InvalidParams, message);

export const noResource = (uri: string): ProtocolError =>
  new ResourceNotFoundError(uri, `There is no resource ${uri}.`);

/** The client would have to be able to do more; null: that is not what is wrong. */
export function lackIn(error: unknown): ProtocolError | null {
  const details = error instanceof SignalboxError ? error.details : null;
  const { requiredCapabilities } = (details ?? {}) as { requiredCapabilities?: unknown };
  if (!isJsonObject(requiredCapabilities)) return null;
  const { message } = error as SignalboxError;
  return new MissingRequiredClientCapabilityError({ requiredCapabilities } as never, message);
}

/** An error of ours in the protocol's words. What is nobody's fault but ours keeps its details to the log. */
export async function translated<Result>(
  call: McpCall,
  { method, uri }: { method: string; uri?: string },
  work: () => Promise<Result>,
): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof ProtocolError) throw error;
    noteRefusal({ ...call, route: `MCP ${method}` }, error);
    reportOurs(call, error);
    throw lackIn(error) ?? toProtocolError(error, { requestId: call.requestId, uri });
  }
}

function toProtocolError(
  error: unknown,
  { requestId, uri }: { requestId: string; uri: string | undefined },
): ProtocolError {
  const problem = toProblem(error, requestId);
  const text = sentencesOf(problem);
  if (!(error instanceof SignalboxError) || error.code === 'INTERNAL') {
    return new ProtocolError(ProtocolErrorCode.InternalError, text, problem);
  }
  if (uri !== undefined && error.code === 'NOT_FOUND') return new ResourceNotFoundError(uri, text);
  const isTheirs = error.code === 'INVALID' || error.code === 'NOT_FOUND';
  return new ProtocolError(
    isTheirs ? ProtocolErrorCode.InvalidParams : ProtocolErrorCode.InvalidRequest,
    text,
    problem,
  );
}
