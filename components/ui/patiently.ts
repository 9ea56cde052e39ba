/** The server may be starting. */
const AGAIN_MS = 3000;
/** A server that answers and lacks a part is of another version than the page: waiting would not help. */
const REFUSALS = 3;
const PATIENCE_MS = 3000;

export async function isServerThere(): Promise<boolean> {
  try {
    await fetch('/healthz', { cache: 'no-store', signal: AbortSignal.timeout(PATIENCE_MS) });
    return true;
  } catch {
    return false;
  }
}

interface Patience {
  isThere?(): Promise<boolean>;
  againMs?: number;
}

/**
 * A part of a page that is fetched when it is shown, for `lazy` and `dynamic`. While the server is away it is asked for again and
 * again, and its place says that it is loading: that a part is missing must not take the page, and what was typed in it, away.
 */
export function patiently<Part>(
  fetchPart: () => Promise<Part>,
  { isThere = isServerThere, againMs = AGAIN_MS }: Patience = {},
): () => Promise<Part> {
  return async () => {
    for (let refusals = 0; ; ) {
      try {
        return await fetchPart();
      } catch (error) {
        if (await isThere()) refusals += 1;
        if (refusals >= REFUSALS) throw error;
        await new Promise((wait) => setTimeout(wait, againMs));
      }
    }
  };
}
