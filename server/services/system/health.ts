import type { HealthParts, Services } from '../context.ts';

/** Whether this process can serve, by its parts. Asked by machines that have no account, so it says little. */
export async function readHealth(services: Services): Promise<HealthParts> {
  return services.probe();
}
