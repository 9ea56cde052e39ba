import { expect, it } from 'vitest';
import { LOCAL_OWNER, NOBODY } from '../actor.ts';
import { networkOf, subjectOf } from './subject.ts';

it('counts all addresses of one /64 as one, however they are written', () => {
  const same = [
    '2001:db8:1:2::1',
    '2001:DB8:1:2:0:0:0:1',
    '2001:db8:1:2:ffff:ffff:ffff:ffff',
    '2001:0db8:0001:0002::',
    '2001:db8:1:2::192.0.2.1',
  ];
  expect(new Set(same.map(networkOf))).toEqual(new Set(['2001:db8:1:2::/64']));
  expect(networkOf('2001:db8:1:3::1')).toBe('2001:db8:1:3::/64');
  expect(networkOf('::1')).toBe('0:0:0:0::/64');
  expect(networkOf('fe80::1%eth0')).toBe('fe80:0:0:0::/64');
});

it('counts each address of IPv4 for itself, also where IPv6 wraps it', () => {
  expect(networkOf('192.0.2.1')).toBe('192.0.2.1');
  expect(networkOf('::ffff:192.0.2.1')).toBe('192.0.2.1');
  expect(networkOf('::ffff:c000:201')).toBe('192.0.2.1');
  expect(networkOf(null)).toBe('unknown');
});

it('counts the sessions of one person together, and strangers by where they are', () => {
  const person = { ...LOCAL_OWNER, kind: 'person', id: 'user_1', userId: 'user_1' } as typeof LOCAL_OWNER;
  expect(subjectOf(person)).toEqual({ own: 'user:user_1', account: null });
  const from = { address: '2001:db8::5', requestId: null, userAgent: null };
  expect(subjectOf({ ...NOBODY, from })).toEqual({ own: 'address:2001:db8:0:0::/64', account: null });
  const key = { ...person, kind: 'key', id: 'key_1' } as typeof LOCAL_OWNER;
  expect(subjectOf(key)).toEqual({ own: 'key:key_1', account: 'keys-of:user_1' });
});

it('counts the tokens of one agent together, and agents of one name in two organisations apart', () => {
  const token = {
    ...LOCAL_OWNER,
    kind: 'agent',
    id: 'atk_1',
    userId: null,
    agent: 'resizer',
  } as typeof LOCAL_OWNER;
  const { own, account } = subjectOf(token);
  expect(own).toMatch(/^agent:org_/);
  expect(own).not.toContain('resizer');
  expect(account).toBeNull();
  expect(subjectOf({ ...token, id: 'atk_2' as typeof token.id }).own).toBe(own);
  expect(subjectOf({ ...token, agent: 'writer' }).own).not.toBe(own);
  const elsewhere = 'org_00000000000070008000000000000009' as typeof token.orgId;
  expect(subjectOf({ ...token, orgId: elsewhere }).own).not.toBe(own);
});
