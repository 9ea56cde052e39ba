/** What the page tells of itself; this runs in it, before anything of the page does. */
export interface Probe {
  longTasks: { at: number; ms: number }[];
  /** When what was looked for was painted. */
  drawnAt: number | undefined;
  startFrames(): void;
  /** How long each frame took since the start. */
  stopFrames(): number[];
}

declare global {
  interface Window {
    panelProbe: Probe;
  }
}

/** Looks for so many elements from the first moment on; it is passed to the browser as text and may use nothing from outside. */
export function installProbe({ selector, atLeast }: { selector: string; atLeast: number }): void {
  let frames: number[] | undefined;
  const probe: Probe = {
    longTasks: [],
    drawnAt: undefined,
    startFrames() {
      frames = [];
    },
    stopFrames() {
      const ends = frames ?? [];
      frames = undefined;
      return ends.slice(1).map((end, at) => end - (ends[at] ?? end));
    },
  };
  window.panelProbe = probe;
  new PerformanceObserver((list) => {
    for (const { startTime, duration } of list.getEntries())
      probe.longTasks.push({ at: startTime, ms: duration });
  }).observe({ type: 'longtask', buffered: true });
  let isFound = false;
  const onFrame = (now: number) => {
    frames?.push(now);
    // One frame later it has been painted.
    if (isFound && probe.drawnAt === undefined) probe.drawnAt = performance.now();
    if (!isFound) isFound = document.querySelectorAll(selector).length >= atLeast;
    requestAnimationFrame(onFrame);
  };
  requestAnimationFrame(onFrame);
}
