import type { Answer } from '../data/index.ts';

type Refusal = Answer<'deadLetters.replayAll'>['refused'][number];

export interface ReplayState {
  phase: 'idle' | 'going' | 'stopping';
  done: number;
  /** How many there were when it began, where that is known. */
  total: number | undefined;
}

export interface ReplayOutcome {
  done: number;
  refused: readonly Refusal[];
  /** Why it did not come to the end. */
  broken?: Error;
  isStopped: boolean;
}

type Asked = Pick<Answer<'deadLetters.replayAll'>, 'replayed' | 'refused' | 'next_cursor'>;

const IDLE: ReplayState = { phase: 'idle', done: 0, total: undefined };

/** All dead letters that there are when it begins, some at a time. It goes on while the panel is open, on whatever page. */
export function createReplayJob(ask: (cursor: string | undefined) => Promise<Asked>) {
  let state = IDLE;
  const listeners = new Set<() => void>();
  const set = (next: ReplayState) => {
    state = next;
    for (const listener of listeners) listener();
  };

  async function goThrough(total: number | undefined): Promise<ReplayOutcome> {
    const refused: Refusal[] = [];
    let done = 0;
    try {
      for (let cursor: string | null | undefined; cursor !== null; ) {
        const answer = await ask(cursor);
        done += answer.replayed;
        refused.push(...answer.refused);
        cursor = answer.next_cursor;
        const isStopped = state.phase === 'stopping' && cursor !== null;
        if (isStopped) return { done, refused, isStopped };
        set({ ...state, done, total });
      }
      return { done, refused, isStopped: false };
    } catch (broken) {
      return { done, refused, broken: broken as Error, isStopped: false };
    }
  }

  return {
    get: () => state,
    subscribe(listener: () => void) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    /** What came of it; undefined while another one is under way. */
    async start(total: number | undefined): Promise<ReplayOutcome | undefined> {
      if (state.phase !== 'idle') return undefined;
      set({ phase: 'going', done: 0, total });
      const outcome = await goThrough(total);
      set(IDLE);
      return outcome;
    },
    /** After what is on its way just now: the rest stays where it is. */
    stop() {
      if (state.phase === 'going') set({ ...state, phase: 'stopping' });
    },
  };
}
