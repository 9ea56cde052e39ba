import { type Actor, authorise, may } from '#server/identity/actor.ts';
import type { PartHealth, ProcessConditions, Services } from '../context.ts';

/** Whether this process can serve. Asked by machines that have no account, so it says no more. */
export const readReadiness = (services: Services): Promise<boolean> => services.health.isReady();

export interface Health {
  isReady: boolean;
  parts: Awaited<ReturnType<Services['health']['examine']>>;
  /** The one that answers first. Names are null for those who do not run the installation. */
  processes: (Omit<ProcessConditions, 'name'> & { name: string | null })[];
}

/** What is wrong in detail may name hosts: those who run the installation read it. */
export async function readHealth(services: Services, actor: Actor): Promise<Health> {
  authorise(actor, 'system.read');
  const { health } = services;
  const [isReady, examined] = await Promise.all([health.isReady(), health.examine()]);
  // What the parts have just said of themselves counts.
  const processes = await health.processes();
  const maySeeNotes = may(actor, 'metrics.read');
  const show = (part: PartHealth): PartHealth => (maySeeNotes ? part : { ...part, note: null });
  const { database, broker, hot_state, object_store } = examined;
  const parts = {
    database: show(database),
    broker: show(broker),
    hot_state: show(hot_state),
    object_store: show(object_store),
  };
  const shown = processes.map(({ name, ...rest }) => ({ ...rest, name: maySeeNotes ? name : null }));
  return { isReady, parts, processes: shown };
}
