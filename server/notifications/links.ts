import type { RunId } from '#server/domain/ids.ts';

/** Where people find what they are told of. */
export interface Links {
  toRun(id: RunId): string | null;
}

/** Without an origin that is known there are none. */
export function createLinks(origin: string | undefined): Links {
  return { toRun: (id) => (origin === undefined ? null : `${origin}/runs/${id}`) };
}
