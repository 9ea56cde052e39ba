import { isServerThere, type Outdated, REFUSALS, outdated as thisTab } from './outdated.ts';

/** The server may be starting. */
const AGAIN_MS = 3000;

interface Patience {
  isThere?(): Promise<boolean>;
  againMs?: number;
  outdated?: Pick<Outdated, 'tell'>;
}

/**
 * A part of a page that is fetched when it is shown, for `lazy` and `dynamic`. While the server is away it is asked for again and
 * again, and its place says that it is loading: that a part is missing must not take the page, and what was typed in it, away.
 */
export function patiently<Part>(
  fetchPart: () => Promise<Part>,
  { isThere = isServerThere, againMs = AGAIN_MS, outdated = thisTab }: Patience = {},
): () => Promise<Part> {
  return async () => {
    for (let refusals = 0; ; ) {
      try {
        return await fetchPart();
      } catch (error) {
        if (await isThere()) refusals += 1;
        if (refusals >= REFUSALS) {
          outdated.tell();
          throw error;
        }
        await new Promise((wait) => setTimeout(wait, againMs));
      }
    }
  };
}
