import { SignalboxError } from '#server/domain/errors.ts';
import type { Actor } from '#server/identity/actor.ts';
import type { Services } from '#server/services/context.ts';

interface Refused {
  /** Undefined: it has not started yet, or stops. */
  services: Services | undefined;
  actor: Actor;
  /** With its method. */
  route: string;
}

/** Writes to the audit that somebody asked for what they may not. The answer does not wait for it. */
export function noteRefusal({ services, actor, route }: Refused, error: unknown): void {
  if (!(error instanceof SignalboxError) || error.code !== 'FORBIDDEN') return;
  void services?.refusals.note(actor, { action: 'access.refused', target: route, reason: error.message });
}
