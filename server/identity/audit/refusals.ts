import type { OrgId } from '#server/domain/ids.ts';
import type { Actor } from '../actor.ts';
import type { AuditDetails } from './note.ts';

/** What was refused to whom. */
export interface Refusal {
  /** As the audit calls it: `access.refused`. */
  action: string;
  /** What was asked for: a route, a procedure, or whose account. */
  target: string | null;
  reason?: string;
}

/** Writes refusals to the audit, the first at once and those that are like it as a number, so that no flood of them fills it. */
export interface Refusals {
  /** Resolves when it is written, or counted. Never rejects. */
  note(actor: Actor, refusal: Refusal): Promise<void>;
}

export interface RunningRefusals extends Refusals {
  start(): void;
  /** Writes what was counted. */
  stop(): Promise<void>;
  /** Writes what was counted for a minute. */
  flush(): Promise<void>;
}

export interface RefusalsOptions {
  record(actor: Actor, action: string, what: AuditDetails): Promise<void>;
  now(): number;
  onTrouble(message: string, error: unknown): void;
}

interface Tally {
  actor: Actor;
  refusal: Refusal;
  since: number;
  /** Since the last that was written. */
  more: number;
}

const WINDOW_MS = 60_000;
const LOOK_MS = 10_000;
/** Of more kinds than that, the rest are one kind for each tenant. */
const MAX_KINDS = 5000;

export function createRefusals({ record, now, onTrouble }: RefusalsOptions): RunningRefusals {
  const tallies = new Map<string, Tally>();
  let timer: NodeJS.Timeout | undefined;

  async function write({ actor, refusal }: Tally, more?: { count: number; seconds: number }): Promise<void> {
    const { action, target, reason } = refusal;
    const what = { target, ...(reason === undefined ? {} : { reason }), ...(more ? { after: more } : {}) };
    await record(actor, action, what).catch((error: unknown) =>
      onTrouble(`A refusal was not written to the audit: ${action}`, error),
    );
  }

  async function writeCounted(isDue: (tally: Tally) => boolean): Promise<void> {
    const due = [...tallies].filter(([, tally]) => isDue(tally));
    for (const [kind, tally] of due) {
      const { more, since } = tally;
      if (more === 0) {
        tallies.delete(kind);
        continue;
      }
      const time = now();
      tallies.set(kind, { ...tally, more: 0, since: time });
      await write(tally, { count: more, seconds: Math.round((time - since) / 1000) });
    }
  }

  const flush = () => writeCounted(({ since }) => now() - since >= WINDOW_MS);

  return {
    async note(actor, refusal) {
      const isKnown = tallies.has(kindOf(actor, refusal));
      const isTooMany = !isKnown && tallies.size >= MAX_KINDS;
      const kind = isTooMany ? restOf(actor.orgId) : kindOf(actor, refusal);
      const tally = tallies.get(kind);
      if (tally) {
        tally.more += 1;
        return;
      }
      const first = {
        actor,
        refusal: isTooMany ? { action: refusal.action, target: null } : refusal,
        since: now(),
        more: 0,
      };
      tallies.set(kind, first);
      await write(first);
    },
    flush,
    start() {
      timer ??= setInterval(() => void flush(), LOOK_MS).unref();
    },
    async stop() {
      clearInterval(timer);
      timer = undefined;
      await writeCounted(({ more }) => more > 0);
    },
  };
}

/** All strangers are one: their addresses are theirs to choose. */
function kindOf({ kind, orgId, id }: Actor, { action, target }: Refusal): string {
  return JSON.stringify([orgId, kind, id, action, target]);
}

const restOf = (orgId: OrgId): string => JSON.stringify([orgId]);
