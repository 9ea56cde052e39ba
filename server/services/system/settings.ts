import { type Actor, authorise } from '#server/identity/actor.ts';
import type { Services, ShownSettings } from '../context.ts';

/** What this installation was set to, as far as it helps people: limits and kinds, no addresses and no secrets. */
export function readSettings(services: Services, actor: Actor): ShownSettings {
  authorise(actor, 'system.read');
  return services.settings;
}
