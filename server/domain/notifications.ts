import type { JsonObject } from './json.ts';

/** What a target can listen to. A run that names an address of its own hears all that begins with `run.`. */
export const NOTIFICATION_EVENTS = [
  'run.succeeded',
  'run.failed',
  'run.cancelled',
  /** A task waits for something that people must do. */
  'run.waiting',
  'agent.lost',
  /** The tokens for an upstream MCP server are of no use any more: somebody has to sign in there again. */
  'sign-in.needed',
] as const;
export type NotificationEvent = (typeof NOTIFICATION_EVENTS)[number];

/** What belongs to no pipeline. */
export const OF_NO_PIPELINE: readonly NotificationEvent[] = ['agent.lost', 'sign-in.needed'];

/** Sent when somebody asks whether a target can be reached. */
export const TEST_EVENT = 'test';

export const TARGET_KINDS = ['webhook', 'email'] as const;
export type TargetKind = (typeof TARGET_KINDS)[number];

export const DELIVERY_STATES = ['waiting', 'delivered', 'given-up'] as const;
export type DeliveryState = (typeof DELIVERY_STATES)[number];

/** What is told, as it travels: a webhook's body, and what a mail is written from. */
export interface NotificationBody {
  type: NotificationEvent | typeof TEST_EVENT;
  timestamp: string;
  data: JsonObject;
}

/** The secret that signs what runs with an address of their own are told. */
export const DEFAULT_SIGNING = 'default';

export const SIGNING_PREFIX = 'notification/';

/** So many secrets of one scope sign at once: each rotation within a day keeps those that receivers may know by. */
export const MAX_SIGNING_SECRETS = 5;

/** Where a signing secret is kept among the sealed ones. */
export const signingSecretName = (scope: string, number: number): string =>
  `${SIGNING_PREFIX}${scope}/${number}`;

/** Secrets of the program's own: no list shows them, and nobody stores or deletes them by name. */
export const isSigningSecret = (name: string): boolean => name.startsWith(SIGNING_PREFIX);

/** Then a delivery is given up. */
export const MAX_DELIVERY_TRIES = 10;

/** Addresses for people's eyes: what follows a webhook's host is often a secret. */
export function shownAddress(kind: TargetKind, address: string): string {
  if (kind === 'email') return address;
  const url = URL.parse(address);
  if (url === null) return '…';
  return url.pathname === '/' && url.search === '' ? url.origin : `${url.origin}/…`;
}
