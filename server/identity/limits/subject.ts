import { isIP } from 'node:net';
import type { Actor } from '../actor.ts';
import { digest } from '../tokens.ts';

/**
 * For whom something is counted. Whoever has one address of IPv6 has all of its /64, so these count as one; IPv4 counts
 * as such, however it is written.
 */
export function networkOf(address: string | null): string {
  if (address === null) return 'unknown';
  const bare = address.split('%')[0] ?? '';
  if (isIP(bare) !== 6) return address;
  const groups = groupsOf(new URL(`http://[${bare}]`).hostname.slice(1, -1));
  const isIpv4 = groups.slice(0, 6).join(':') === '0:0:0:0:0:ffff';
  if (!isIpv4) return `${groups.slice(0, 4).join(':')}::/64`;
  const numbers = groups.slice(6).map((group) => Number.parseInt(group, 16));
  return numbers.flatMap((number) => [number >> 8, number & 255]).join('.');
}

/** All eight, of an address that the URL parser has brought into its one form. */
function groupsOf(address: string): string[] {
  const [head = '', tail] = address.split('::');
  const split = (part: string) => (part === '' ? [] : part.split(':'));
  const [left, right] = [split(head), split(tail ?? '')];
  if (tail === undefined) return left;
  return [...left, ...Array.from({ length: 8 - left.length - right.length }, () => '0'), ...right];
}

export interface Subject {
  /** Of the caller itself. */
  own: string;
  /** Of the account that its keys and connected apps belong to: they count together too. */
  account: string | null;
}

/** Sessions of one person count together, and so do the tokens of one agent. Ids that come from elsewhere are hashed. */
export function subjectOf(actor: Actor): Subject {
  const { kind, orgId, id, userId, agent } = actor;
  const isProgram = kind === 'key' || kind === 'app';
  const account = isProgram && userId !== null ? `keys-of:${userId}` : null;
  if (kind === 'nobody') return { own: `address:${networkOf(actor.from.address)}`, account };
  if (kind === 'person') return { own: `user:${userId ?? id}`, account };
  if (kind === 'agent') return { own: `agent:${orgId}:${digest(agent ?? id)}`, account };
  if (kind === 'external') return { own: `external:${digest(id)}`, account };
  return { own: `${kind}:${id}`, account };
}
