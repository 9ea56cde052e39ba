import type { Wait } from '#server/domain/engine/events.ts';
import type { RunState } from '#server/domain/engine/state.ts';
import type { Stage } from '#server/domain/graph/schema.ts';
import { agentSource, type Hands } from '#server/domain/hands.ts';
import type { OrgId } from '#server/domain/ids.ts';
import type { BacklogReason } from './backlog.ts';
import { QUOTA_ORG } from './quota.ts';
import { type Slot, type SlotBook, slotId } from './slots.ts';

/** In which line a task waits that waits for this; null: for nothing that somebody sets free. */
export type LineOf = (state: RunState, stage: Stage, code: Wait['code']) => BacklogReason | null;

export interface LinesOptions {
  hands: Pick<Hands, 'room'>;
  slots: Pick<SlotBook, 'room'>;
  quota: Slot | null;
}

const CHOOSY_OFFERS = 4;

export function makeLines({ hands, slots, quota }: LinesOptions): LineOf {
  function slotLine(org: OrgId, slot: Slot): BacklogReason {
    const id = slotId(org, slot.key);
    return { id: `key ${id}`, source: id, room: () => slots.room(org, slot) };
  }

  /** Who is choosy waits in a line of its own and is offered little at a time: the room may not be the right one. */
  function agentLine(orgId: OrgId, { type, agent }: Stage): BacklogReason {
    const wishes = [agent.pinned ?? '', ...agent.requireLabels, ...agent.requireCapabilities]
      .join(' ')
      .trim();
    const free = () => hands.room(orgId, type);
    const room = () => (wishes ? Math.min(free(), CHOOSY_OFFERS) : free());
    const source = agentSource(orgId, type);
    return { id: `agents ${source} ${wishes}`, source, room };
  }

  return ({ orgId }, stage, code) => {
    if (code === 'concurrency-key' && stage.concurrency) return slotLine(orgId, stage.concurrency);
    if (code === 'quota' && quota) return slotLine(QUOTA_ORG, quota);
    const isForAgents = code === 'agents-full' || code === 'no-agent' || code === 'quota';
    return isForAgents ? agentLine(orgId, stage) : null;
  };
}
