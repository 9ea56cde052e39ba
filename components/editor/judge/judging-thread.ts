export interface Thread<Question, Verdict> {
  ask(question: Question): void;
  stop(): void;
  onVerdict(tell: (verdict: Verdict) => void): void;
  /** It has died, or said what nobody can read: nothing more comes of it. */
  onEnd(tell: () => void): void;
}

interface Judging<Question, Verdict> {
  open(): Thread<Question, Verdict>;
  /** A timer; answers with what cancels it. */
  after(ms: number, run: () => void): () => void;
  tell(verdict: Verdict): void;
  /** Whether what is shown as wrong is kept up with what is asked. */
  tellIsAlive(isAlive: boolean): void;
}

/** What kills a thread may kill the next as well: it is not begun again and again at full speed. */
const AGAIN_MS = [1_000, 5_000, 15_000, 60_000];

/** Asks a thread one question at a time, and then the newest; a thread that ends is followed by another, which is asked the same. */
export function judging<Question, Verdict>(options: Judging<Question, Verdict>) {
  const { open, after, tell, tellIsAlive } = options;
  let thread: Thread<Question, Verdict> | undefined;
  let last: Question | undefined;
  let [isBusy, isStale] = [false, false];
  let ends = 0;
  let cancel = () => {};

  const ask = (question: Question) => {
    last = question;
    // Those between are of no interest any more.
    if (isBusy) isStale = true;
    else if (thread) {
      isBusy = true;
      thread.ask(question);
    }
  };
  const begin = () => {
    const begun = open();
    thread = begun;
    begun.onVerdict((verdict) => {
      if (thread !== begun) return;
      [isBusy, ends] = [false, 0];
      tellIsAlive(true);
      tell(verdict);
      if (!isStale || last === undefined) return;
      isStale = false;
      ask(last);
    });
    begun.onEnd(() => {
      if (thread !== begun) return;
      begun.stop();
      thread = undefined;
      [isBusy, isStale] = [false, false];
      tellIsAlive(false);
      cancel = after(AGAIN_MS[Math.min(ends++, AGAIN_MS.length - 1)] ?? 0, begin);
    });
    if (last !== undefined) ask(last);
  };
  begin();
  return {
    ask,
    stop() {
      cancel();
      thread?.stop();
      thread = undefined;
    },
  };
}
