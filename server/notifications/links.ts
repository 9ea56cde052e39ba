import type { McpConnectionId, RunId } from '#server/domain/ids.ts';

/** Where people find what they are told of. */
export interface Links {
  toRun(id: RunId): string | null;
  toConnection(id: McpConnectionId): string | null;
}

/** Without an origin that is known there are none. */
export function createLinks(origin: string | undefined): Links {
  const to = (path: string) => (origin === undefined ? null : `${origin}${path}`);
  return { toRun: (id) => to(`/runs/${id}`), toConnection: (id) => to(`/connections/${id}`) };
}
