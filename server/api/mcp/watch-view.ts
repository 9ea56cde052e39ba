import { createHash } from 'node:crypto';
import type { McpCall } from './call.ts';

/**
 * Tells when what this caller is shown is another than it was: not when something has changed that they do not see,
 * such as a tool that nobody has approved yet.
 */
export async function watchView(
  { services, actor, onTrouble }: McpCall,
  look: () => Promise<unknown>,
  changed: () => void,
): Promise<() => void> {
  const seen = async () =>
    createHash('sha256')
      .update(JSON.stringify(await look().catch(() => null)) ?? '')
      .digest('hex');
  let before: string | undefined;
  const again = async () => {
    const now = await seen();
    if (before !== undefined && now !== before) changed();
    before = now;
  };
  let looking: Promise<void> = Promise.resolve();
  const end = services.gateway.onChange((orgId) => {
    if (orgId !== null && orgId !== actor.orgId) return;
    looking = looking.then(again).catch(onTrouble);
  });
  // What changes from here on is heard.
  looking = again();
  await looking;
  return end;
}
