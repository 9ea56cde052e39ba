import type { Writer } from '#db/queries/workspace-enter.ts';
import type { RunId } from '#server/domain/ids.ts';
import type { Json } from '#server/domain/json.ts';
import type { Actor } from '#server/identity/actor.ts';
import type { Services } from '../context.ts';

/**
 * What people change by hand among the files of a run, or say to its agents, steers the run: the audit tells of it. What
 * agents and programs do there, all day long, the workspace numbers, with who did it.
 */
export async function noteByHand(
  services: Services,
  actor: Actor,
  { writer, action, ...what }: { writer: Writer; action: string; target: RunId; after: Json },
): Promise<void> {
  const isPerson = actor.kind === 'person' || actor.kind === 'local';
  if (isPerson && writer.hand === null) await services.record(actor, action, what);
}
