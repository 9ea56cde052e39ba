import { BlockList, isIP, isIPv4 } from 'node:net';

/** Networks that no request from here may reach unless the administrator says so: `10.1.0.0/16`, `fd00::/8`, one address. */
export interface AddressPolicy {
  allows(address: string): boolean;
  /** Named by the administrator, not merely public. */
  isAllowListed(address: string): boolean;
}

/** Everything that is not the public internet, by the registry of special addresses. */
const DENIED_V4 = [
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.0.2.0/24',
  '192.88.99.0/24',
  '192.168.0.0/16',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '224.0.0.0/4',
  '240.0.0.0/4',
];

/**
 * Of IPv6 only global unicast is let through, and of that not what carries an IPv4 address inside (6to4, Teredo) or is
 * set aside. Mapped, compatible, NAT64, local and multicast addresses all lie outside of 2000::/3.
 */
const GLOBAL_V6 = ['2000::/3'];
const DENIED_V6 = ['2001::/23', '2001:db8::/32', '2002::/16', '3fff::/20'];

export const CIDR = /^[0-9a-fA-F.:]+(\/\d{1,3})?$/;

export function isCidr(text: string): boolean {
  const [address = '', bits] = text.split('/');
  const family = isIP(address);
  if (!CIDR.test(text) || family === 0) return false;
  return bits === undefined || Number(bits) <= (family === 4 ? 32 : 128);
}

export function createAddressPolicy(allowed: readonly string[]): AddressPolicy {
  const allowList = toList(allowed);
  const deniedV4 = toList(DENIED_V4);
  const globalV6 = toList(GLOBAL_V6);
  const deniedV6 = toList(DENIED_V6);

  const isAllowListed = (address: string): boolean => allowList.check(address, familyOf(address));

  return {
    isAllowListed,
    allows(address) {
      if (isIP(address) === 0) return false;
      if (isAllowListed(address)) return true;
      if (isIPv4(address)) return !deniedV4.check(address, 'ipv4');
      return globalV6.check(address, 'ipv6') && !deniedV6.check(address, 'ipv6');
    },
  };
}

/** Whether an address lies in one of these networks; nothing lies in none. */
export function createAddressList(networks: readonly string[]): { has(address: string): boolean } {
  // Asked for each request, and mostly of an empty list.
  if (networks.length === 0) return { has: () => false };
  const list = toList(networks);
  return { has: (address) => isIP(address) !== 0 && list.check(address, familyOf(address)) };
}

const familyOf = (address: string): 'ipv4' | 'ipv6' => (isIPv4(address) ? 'ipv4' : 'ipv6');

function toList(networks: readonly string[]): BlockList {
  const list = new BlockList();
  for (const network of networks) {
    const [address = '', bits] = network.split('/');
    const family = familyOf(address);
    list.addSubnet(address, bits === undefined ? (family === 'ipv4' ? 32 : 128) : Number(bits), family);
  }
  return list;
}
