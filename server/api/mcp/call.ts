import type { AuthInfo, ServerContext } from '@modelcontextprotocol/server';
import { SignalboxError } from '#server/domain/errors.ts';
import type { Actor } from '#server/identity/actor.ts';
import type { Services } from '#server/services/context.ts';

/** What everything that is asked through `/mcp` works with. */
export interface McpCall {
  services: Services;
  actor: Actor;
  requestId: string;
  /** What the path names. */
  params?: Readonly<Record<string, string>>;
  /** The caller has gone, or may no longer what it might when it came. */
  signal: AbortSignal;
  /** Writes an error of ours to the log. */
  onTrouble(error: unknown): void;
}

/** A bug or our infrastructure; the caller hears a neutral sentence with the request's id. */
export function reportOurs({ onTrouble }: McpCall, error: unknown): void {
  if (!(error instanceof SignalboxError) || error.code === 'INTERNAL') onTrouble(error);
}

/**
 * How a call gets through the protocol's library to the handlers. A session lives longer than a request, so each request
 * brings its own: rights are those of now. The token stays outside, since nothing in there needs it.
 */
export function toAuthInfo(call: McpCall): AuthInfo {
  return { token: '', clientId: call.actor.id, scopes: [...(call.actor.scopes ?? [])], extra: { call } };
}

export function callOf(context: ServerContext): McpCall {
  const call = context.http?.authInfo?.extra?.call;
  if (!call) throw new Error('a request came without its call');
  return call as McpCall;
}
