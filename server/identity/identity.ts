import type { Sql } from '#db/client.ts';
import type { Hearsay } from '#db/hearsay.ts';
import type { SafeFetch } from '#server/platform/safe-fetch.ts';
import type { HotState } from '#server/redis/port.ts';
import { type Access, createAccess } from './access.ts';
import { type Actor, LOCAL_OWNER, type Origin } from './actor.ts';
import { type Apps, createApps } from './apps/apps.ts';
import { createIssuerRule, type IssuerOptions } from './apps/issuer.ts';
import type { IdentityConfig } from './config.ts';
import { createFlows, type Flows } from './flows.ts';
import { createJwtVerifier } from './jwt.ts';
import { readKey } from './key-format.ts';
import { createKeys } from './keys.ts';
import { createLinked, type Linked } from './linked.ts';
import { createLinks, type Links } from './links.ts';
import { isFromHere } from './loopback.ts';
import { createOrgs, type Orgs } from './orgs.ts';
import { createPasskeys, type Passkeys } from './passkeys.ts';
import { createPasswords, type PasswordOptions, type Passwords } from './passwords.ts';
import { createPeople, type People } from './people.ts';
import { readPresentRights } from './present-rights.ts';
import { createProviders, type Providers } from './providers.ts';
import {
  createSessions,
  type NewSession,
  type SessionLimits,
  type Sessions,
  type SignIn,
} from './sessions.ts';
import { digest, equals } from './tokens.ts';

/** What a request shows of who sends it. */
export interface Credentials {
  /** After `Authorization: Bearer`. If there is one, the cookie does not count. */
  bearer?: string | undefined;
  /** The session's cookie. */
  session?: string | undefined;
  from: Origin;
  /** Of MCP, where it is shown: for which address a token has to be made out. Elsewhere no token of a connected app counts. */
  place?: { path: string; audience: string } | undefined;
  /** False: somebody is looked at again, without having asked for anything. */
  isUse?: boolean;
}

/** Who is there, and who they are: the part of identity that doors and verbs use. */
export interface Identity {
  authenticate(given: Credentials): Promise<Actor | undefined>;
  /** Whoever asked for work that goes on without them, with the rights that they have now. */
  presently(actor: Actor): Promise<Actor>;
  readonly access: Pick<Access, 'changed' | 'onChange'>;
  readonly passwords: Passwords;
  readonly passkeys: Passkeys;
  readonly people: People;
  readonly links: Links;
  readonly linked: Linked;
  readonly flows: Flows;
  readonly providers: Providers;
  /** Issuers to which clients are sent that have no token, if they are others. */
  readonly authorizationServers: readonly string[];
  readonly apps: Apps;
  readonly sessions: Omit<Sessions, 'create' | 'find'>;
  readonly orgs: Orgs;
  /** A new session for somebody who has proved who they are. Undefined: they are no member any more. */
  signIn(signIn: SignIn): Promise<NewSession | undefined>;
}

export interface IdentityOptions {
  sql: Sql;
  hot: HotState;
  /** For other processes without Redis. */
  hearsay: Hearsay;
  /** In the data folder: whoever can read it owns this machine's Signalbox. */
  secret: string;
  config: IdentityConfig;
  /** For what an issuer or provider names. */
  fetch: SafeFetch;
  sessionLimits: SessionLimits;
  /** Where this server gives out tokens of its own. */
  issuing: IssuerOptions;
  passwords?: PasswordOptions;
  newUuid(): string;
  now(): number;
  onTrouble(message: string, error: unknown): void;
}

export interface RunningIdentity extends Identity {
  start(): Promise<void>;
  stop(): Promise<void>;
}

/** As the library makes them: 256 bits of chance. */
const APP_TOKEN = /^[A-Za-z0-9_-]{43}$/;

export function createIdentity(options: IdentityOptions): RunningIdentity {
  const { sql, secret, newUuid } = options;
  const access = createAccess(options);
  const keys = createKeys(sql);
  const jwt = createJwtVerifier({ ...options, issuers: options.config.issuers });
  const orgs = createOrgs({ sql, newUuid });
  const sessions = createSessions({ sql, newUuid, limits: options.sessionLimits });
  const others = options.config.issuers.filter(({ forClients }) => forClients);
  const apps = createApps({
    ...options,
    // Clients are sent to one place: the one that is configured, or here.
    issuerAt: others.length > 0 ? () => null : createIssuerRule(options.issuing),
    onEnded: (id) => access.changed(id),
  });

  async function find(given: Credentials): Promise<Actor | undefined> {
    const { bearer, session, isUse = true } = given;
    if (bearer !== undefined) return findByBearer(bearer, given);
    if (session === undefined || session === '') return undefined;
    const entry = await access.remember(digest(session), async () => {
      const actor = await sessions.find(session, isUse);
      return actor && { actor, allows: () => true };
    });
    return entry?.actor;
  }

  async function findByBearer(
    bearer: string,
    { from: { address }, place }: Credentials,
  ): Promise<Actor | undefined> {
    const read = readKey(bearer);
    if (read) {
      const entry = await access.remember(digest(bearer), () => keys.find(bearer, read, address));
      return entry?.allows(address) ? entry.actor : undefined;
    }
    if (isFromHere(address) && equals(bearer, secret)) return LOCAL_OWNER;
    if (APP_TOKEN.test(bearer)) {
      if (place === undefined) return undefined;
      const { audience } = place;
      const key = `app ${audience} ${digest(bearer)}`;
      return (await access.remember(key, () => apps.find(bearer, audience, address)))?.actor;
    }
    const actor = await jwt.verify(bearer, place?.path);
    if (!actor) return undefined;
    // The configuration may name an organisation that has been closed since.
    const isOpen = await access.remember(`open ${actor.orgId}`, async () =>
      (await orgs.isOpen(actor.orgId)) ? { actor, allows: () => true } : undefined,
    );
    return isOpen && actor;
  }

  return {
    async authenticate(given) {
      const actor = await find(given);
      return actor && { ...actor, from: given.from };
    },
    presently: (actor) => readPresentRights(sql, actor),
    access,
    passwords: createPasswords(options.passwords),
    passkeys: createPasskeys(sql, sessions),
    people: createPeople(sql),
    links: createLinks({ sql, newUuid, sessions }),
    linked: createLinked(sql, newUuid),
    flows: createFlows(sql),
    providers: createProviders({ ...options, all: options.config.providers }),
    authorizationServers: others.map(({ issuer }) => issuer),
    apps,
    sessions,
    orgs,
    signIn: (signIn) =>
      sql.begin((transaction) => sessions.create(transaction as unknown as Sql, signIn)) as Promise<
        NewSession | undefined
      >,
    start: access.start,
    stop: access.stop,
  };
}
