import { SignalboxError } from '#server/domain/errors.ts';
import { DEFAULT_ORG_ID, type OrgId } from '#server/domain/ids.ts';

/** Whoever asks. Roles and keys join here; verbs know only this type and `authorise`. */
export interface Actor {
  readonly kind: 'owner';
  readonly orgId: OrgId;
  readonly name: string;
}

/** What can be asked, as noun and verb. */
export type Action =
  `${'pipeline' | 'template' | 'run' | 'task' | 'agent' | 'queue' | 'system'}.${'read' | 'write' | 'operate'}`;

export const LOCAL_OWNER: Actor = { kind: 'owner', orgId: DEFAULT_ORG_ID, name: 'local owner' };

/** Throws unless the actor may. The one local owner may do everything in its own tenant. */
export function authorise(actor: Actor, action: Action): void {
  const may: Record<Actor['kind'], (action: Action) => boolean> = { owner: () => true };
  if (may[actor.kind](action)) return;
  throw new SignalboxError('FORBIDDEN', `${actor.name} may not do this (${action}).`, {
    advice: 'Ask an owner for the right.',
  });
}
