import { invalid, SignalboxError } from '#server/domain/errors.ts';
import { type McpConnectionId, toUuid } from '#server/domain/ids.ts';
import type { Actor } from '#server/identity/actor.ts';
import { checkUrl } from './connection-fields.ts';
import type { ConnectionRow } from './connection-view.ts';

export const MAX_CONNECTIONS = 500;

export function checkFits(
  row: ConnectionRow,
  given: { url?: string | undefined; args?: string[] | undefined },
): void {
  if (given.url !== undefined) {
    if (row.kind === 'stdio') throw invalid('It is a program, and has no URL.');
    checkUrl(given.url);
  }
  if (given.args !== undefined && row.kind === 'http') throw invalid('It has a URL, and takes no arguments.');
}

export function personOf({ userId }: Actor, kind: 'http' | 'stdio'): string {
  if (kind === 'stdio') throw invalid('A program is started for everybody, not for one person.');
  if (userId !== null) return toUuid(userId);
  throw invalid(
    'Only people can connect a server for themselves.',
    undefined,
    'Sign in, or connect it for everybody.',
  );
}

export function slugTaken(slug: string): SignalboxError {
  return new SignalboxError('CONFLICT', `There is a connection ${slug} already.`, {
    advice: 'Choose another slug.',
  });
}

export function changedMeanwhile(id: McpConnectionId): SignalboxError {
  return new SignalboxError('CONFLICT', `Somebody else has just changed the connection ${id}.`, {
    advice: 'Look at it again.',
  });
}

export function tooMany(): SignalboxError {
  return new SignalboxError('LIMITED', `There are ${MAX_CONNECTIONS} MCP connections already.`, {
    advice: 'Delete some that nobody needs.',
  });
}
