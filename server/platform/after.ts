/** Does something when so much time has passed, unless it is told before that there is no need to. */
export type After = (ms: number, act: () => void) => () => void;

export const afterMs: After = (ms, act) => {
  const timer = setTimeout(act, ms);
  timer.unref();
  return () => clearTimeout(timer);
};
