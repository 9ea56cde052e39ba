import type { OrgId, PipelineId, RunId } from '#server/domain/ids.ts';
import { CHANNEL } from '#server/redis/keys.ts';
import type { HotState } from '#server/redis/port.ts';
import { type NudgedRun, writeNudge } from './nudge.ts';

export interface Announcer {
  /** After a commit. Costs the engine the entry in a map. */
  moved(run: { orgId: OrgId; id: RunId; pipelineId: PipelineId | null; seq: number }): void;
  stop(): void;
}

/** Messages go out so often at most, however many commits there are. */
const EVERY_MS = 20;
const RUNS_A_MESSAGE = 1000;

/**
 * Tells every process with doors which runs have moved: one message for each org and tick, not for each run and
 * commit. A message that is lost loses nothing: relays look by themselves, and at once when hot state says `onGap`.
 */
export function createAnnouncer({ hot, now }: { hot: Pick<HotState, 'publish'>; now(): number }): Announcer {
  const byOrg = new Map<OrgId, Map<RunId, NudgedRun>>();
  let timer: NodeJS.Timeout | undefined;
  let sentAt = Number.NEGATIVE_INFINITY;

  function send(): void {
    timer = undefined;
    sentAt = now();
    for (const [orgId, runs] of byOrg) {
      const all = [...runs.values()];
      for (let at = 0; at < all.length; at += RUNS_A_MESSAGE) {
        void hot.publish(CHANNEL.orgEvents(orgId), writeNudge(all.slice(at, at + RUNS_A_MESSAGE)));
      }
    }
    byOrg.clear();
  }

  return {
    moved({ orgId, id, pipelineId, seq }) {
      const runs = byOrg.get(orgId) ?? new Map<RunId, NudgedRun>();
      if (runs.size === 0) byOrg.set(orgId, runs);
      runs.set(id, [id, pipelineId, seq]);
      // A clock that was set back must not make it wait until it has caught up.
      const pauseMs = Math.min(Math.max(0, sentAt + EVERY_MS - now()), EVERY_MS);
      timer ??= setTimeout(send, pauseMs);
    },
    stop() {
      clearTimeout(timer);
      if (timer) send();
    },
  };
}
