import { useEffect } from 'react';
import type { Editor } from '../context.ts';
import { severityByItem } from '../model/problems.ts';
import { betweenPresses } from './between-presses.ts';
import type { Question, Verdict } from './worker.ts';

/** After the last letter of a word, not after each. */
const AFTER_MS = 150;

/**
 * Keeps what is wrong, and whether the draft differs from what is published, up with the document. Judging happens in
 * a thread of its own: it reads every expression, and a thousand stages must not make a drag stutter.
 */
export function useJudge({ store, capabilities, mcp, problems, severities, published }: Editor): void {
  useEffect(() => {
    const worker = new Worker(new URL('./worker.ts', import.meta.url), { type: 'module' });
    const presses = betweenPresses(window);
    let timer: ReturnType<typeof setTimeout> | undefined;
    let isBusy = false;
    let isStale = false;
    let last: Question | undefined;

    const ask = () => {
      // One question at a time, and then the newest: those between are of no interest any more.
      if (isBusy) {
        isStale = true;
        return;
      }
      isBusy = true;
      worker.postMessage(last);
    };
    const tell = (verdict: Verdict) => {
      problems.set(verdict.problems);
      severities.set(severityByItem(verdict.problems));
      const known = published.get();
      if (verdict.differs !== known.differs) published.set({ ...known, differs: verdict.differs });
    };
    worker.onmessage = ({ data }: MessageEvent<Verdict>) => {
      isBusy = false;
      presses.say(() => tell(data));
      if (isStale) {
        isStale = false;
        ask();
      }
    };
    const onChange = () => {
      const question = {
        document: store.get().document,
        capabilities: capabilities.get(),
        mcp: mcp.get(),
        published: published.get().graph,
      };
      if (isSame(question, last)) return;
      last = question;
      clearTimeout(timer);
      timer = setTimeout(ask, AFTER_MS);
    };
    onChange();
    const stops = [store, capabilities, mcp, published].map((source) => source.subscribe(onChange));
    return () => {
      clearTimeout(timer);
      worker.terminate();
      presses.stop();
      for (const stop of stops) stop();
    };
  }, [store, capabilities, mcp, problems, severities, published]);
}

function isSame(one: Question, other: Question | undefined): boolean {
  return (
    one.document === other?.document &&
    one.capabilities === other.capabilities &&
    one.mcp === other.mcp &&
    one.published === other.published
  );
}
