import { inTenant } from '#db/tenant.ts';
import type { Happening, Reply } from '#server/domain/engine/happenings.ts';
import { SignalboxError } from '#server/domain/errors.ts';
import type { RunId } from '#server/domain/ids.ts';
import { type Actor, authorise } from '#server/identity/actor.ts';
import { auditNote } from '#server/identity/audit/note.ts';
import type { Services } from '../context.ts';
import { redactRun } from './redact.ts';
import { loadRunRow, pipelineIdOf, type RunView, readRun } from './run-view.ts';

export interface Steering {
  id: RunId;
  happening: Happening;
  /** What the audit calls it. */
  action: string;
  /** Left out: the run. */
  target?: string;
}

/** Tells the engine what a person wants of a run of theirs, and returns the run as it then is. */
export async function steerRun(
  services: Services,
  actor: Actor,
  { id, happening, ...what }: Steering,
): Promise<RunView> {
  // What is not the actor's is not found, before anything is asked of the engine.
  const row = await inTenant(services.db, actor.orgId, (tx) => loadRunRow(tx, id));
  authorise(actor, 'run.operate', { pipelineId: pipelineIdOf(row) });
  const note = auditNote(actor, what.action, { target: what.target ?? id });
  const reply = await services.engine.tell(id, happening, { orgId: actor.orgId, note: note.body });
  if (!reply.ok) throw refusal(reply);
  return redactRun(actor, await readRun(services, actor.orgId, id));
}

function refusal(reply: Extract<Reply, { ok: false }>): SignalboxError {
  const advice: Record<typeof reply.code, string> = {
    RUN_OVER: 'Replay the run to do its work again.',
    NOT_ALLOWED: 'Look at its state and try what that allows.',
    NOT_HELD: 'Load the run again.',
    HELD_BY_ANOTHER: 'Load the run again.',
    NO_RUN: 'It may have been deleted since.',
    STALE_EPOCH: 'Load the run again.',
  };
  return new SignalboxError('CONFLICT', reply.message, { advice: advice[reply.code] });
}
