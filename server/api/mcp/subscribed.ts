import { ProtocolError, ProtocolErrorCode, ResourceNotFoundError } from '@modelcontextprotocol/server';
import { isJsonObject } from '#server/domain/json.ts';

interface Ways {
  /** Answers with how to stop; throws for what is not there any more, or not theirs. */
  hear(uri: string): Promise<() => void>;
  /** Nobody asks for it again. */
  forget(uri: string): Promise<void>;
}

/**
 * What one stream listens to, while its list changes. Each resource stands for itself: one that has gone since it was
 * subscribed to, as a task does that an agent has done, silences none of the others.
 */
export function createSubscribed({ hear, forget }: Ways) {
  const heard = new Map<string, () => void>();
  let isOver = false;
  let last: Promise<void> = Promise.resolve();

  async function add(uri: string): Promise<void> {
    try {
      const end = await hear(uri);
      if (isOver) end();
      else heard.set(uri, end);
    } catch (error) {
      if (isGone(error)) await forget(uri);
      // What fails for another reason is tried again at the next look, and was told where it failed.
      else if (!(error instanceof ProtocolError)) throw error;
    }
  }

  async function change(read: () => Promise<readonly string[]>): Promise<void> {
    const wanted = new Set(await read());
    for (const [uri, end] of heard) {
      if (wanted.has(uri)) continue;
      end();
      heard.delete(uri);
    }
    for (const uri of wanted) if (!isOver && !heard.has(uri)) await add(uri);
  }

  return {
    /** One look after the other: two at once would listen twice. */
    follow(read: () => Promise<readonly string[]>): Promise<void> {
      const mine = last.then(() => change(read));
      last = mine.catch(() => undefined);
      return mine;
    },
    end(): void {
      isOver = true;
      for (const stop of heard.values()) stop();
      heard.clear();
    },
  };
}

function isGone(error: unknown): boolean {
  if (error instanceof ResourceNotFoundError) return true;
  if (!(error instanceof ProtocolError)) return false;
  const isForbidden = isJsonObject(error.data) && error.data.code === 'FORBIDDEN';
  return error.code === ProtocolErrorCode.InvalidParams || isForbidden;
}
