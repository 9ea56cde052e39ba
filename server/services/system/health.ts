import { type Actor, authorise, may } from '#server/identity/actor.ts';
import type { PartHealth, Services } from '../context.ts';

/** Whether this process can serve. Asked by machines that have no account, so it says no more. */
export const readReadiness = (services: Services): Promise<boolean> => services.health.isReady();

export interface Health {
  isReady: boolean;
  parts: Awaited<ReturnType<Services['health']['examine']>>;
  conditions: ReturnType<Services['health']['conditions']>;
}

/** What is wrong in detail may name hosts: those who run the installation read it. */
export async function readHealth(services: Services, actor: Actor): Promise<Health> {
  authorise(actor, 'system.read');
  const [isReady, examined] = await Promise.all([services.health.isReady(), services.health.examine()]);
  const maySeeNotes = may(actor, 'metrics.read');
  const show = (part: PartHealth): PartHealth => (maySeeNotes ? part : { ...part, note: null });
  const { database, broker, hot_state, object_store } = examined;
  const parts = {
    database: show(database),
    broker: show(broker),
    hot_state: show(hot_state),
    object_store: show(object_store),
  };
  return { isReady, parts, conditions: services.health.conditions() };
}
