import { useEffect } from 'react';
import type { Editor } from '../context.ts';
import { severityByItem } from '../model/problems.ts';
import { betweenPresses } from './between-presses.ts';
import { judging, type Thread } from './judging-thread.ts';
import type { Question, Verdict } from './worker.ts';

/** After the last letter of a word, not after each. */
const AFTER_MS = 150;

/**
 * Keeps what is wrong, and whether the draft differs from what is published, up with the document. Judging happens in
 * a thread of its own: it reads every expression, and a thousand stages must not make a drag stutter.
 */
export function useJudge(editor: Editor): void {
  const { store, capabilities, mcp, problems, severities, published, isJudged } = editor;
  useEffect(() => {
    const presses = betweenPresses(window);
    let timer: ReturnType<typeof setTimeout> | undefined;
    let last: Question | undefined;

    const tell = (verdict: Verdict) => {
      problems.set(verdict.problems);
      severities.set(severityByItem(verdict.problems));
      const known = published.get();
      if (verdict.differs !== known.differs) published.set({ ...known, differs: verdict.differs });
    };
    const judge = judging<Question, Verdict>({
      open: openThread,
      after(ms, run) {
        const wait = setTimeout(run, ms);
        return () => clearTimeout(wait);
      },
      tell: (verdict) => presses.say(() => tell(verdict)),
      tellIsAlive: isJudged.set,
    });
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
      timer = setTimeout(() => judge.ask(question), AFTER_MS);
    };
    onChange();
    const stops = [store, capabilities, mcp, published].map((source) => source.subscribe(onChange));
    return () => {
      clearTimeout(timer);
      judge.stop();
      presses.stop();
      for (const stop of stops) stop();
    };
  }, [store, capabilities, mcp, problems, severities, published, isJudged]);
}

function openThread(): Thread<Question, Verdict> {
  const worker = new Worker(new URL('./worker.ts', import.meta.url), { type: 'module' });
  return {
    ask: (question) => worker.postMessage(question),
    stop: () => worker.terminate(),
    onVerdict(tell) {
      worker.onmessage = ({ data }: MessageEvent<Verdict>) => tell(data);
    },
    onEnd(tell) {
      worker.onerror = tell;
      worker.onmessageerror = tell;
    },
  };
}

function isSame(one: Question, other: Question | undefined): boolean {
  return (
    one.document === other?.document &&
    one.capabilities === other.capabilities &&
    one.mcp === other.mcp &&
    one.published === other.published
  );
}
