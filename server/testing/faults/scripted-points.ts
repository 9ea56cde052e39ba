import type { PausePoint, PausePoints } from '#server/coordinator/pause-points.ts';

export interface ScriptedPoints extends PausePoints {
  /** From now on the nth time that the point is reached ends the process as a power cut would. */
  killAt(point: PausePoint, nth: number): void;
  /** Whoever reaches the point for the nth time or later waits until `release`. */
  holdAt(point: PausePoint, nth: number): void;
  release(): void;
}

export function createScriptedPoints(onHeld: (point: PausePoint) => void): ScriptedPoints {
  const left = new Map<PausePoint, { kind: 'kill' | 'hold'; times: number }>();
  let gate: { opened: Promise<void>; open: () => void } | null = null;

  return {
    reach(point) {
      const rule = left.get(point);
      if (!rule) return undefined;
      rule.times -= 1;
      if (rule.times > 0) return undefined;
      if (rule.kind === 'kill') process.kill(process.pid, 'SIGKILL');
      if (!gate) {
        const { promise, resolve } = Promise.withResolvers<void>();
        gate = { opened: promise, open: resolve };
      }
      onHeld(point);
      return gate.opened;
    },
    killAt: (point, nth) => left.set(point, { kind: 'kill', times: nth }),
    holdAt: (point, nth) => left.set(point, { kind: 'hold', times: nth }),
    release() {
      left.clear();
      gate?.open();
      gate = null;
    },
  };
}
