import type { Sql } from '#db/client.ts';
import type { HotState } from '#server/redis/port.ts';
import { type Access, createAccess } from './access.ts';
import { type Actor, LOCAL_OWNER, type Origin } from './actor.ts';
import { createLinks, type Links } from './links.ts';
import { createPasswords, type PasswordOptions, type Passwords } from './passwords.ts';
import { createPeople, type People } from './people.ts';
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
  /** False: somebody is looked at again, without having asked for anything. */
  isUse?: boolean;
}

/** Who is there, and who they are: the part of identity that doors and verbs use. */
export interface Identity {
  authenticate(given: Credentials): Promise<Actor | undefined>;
  readonly access: Pick<Access, 'changed' | 'onChange'>;
  readonly passwords: Passwords;
  readonly people: People;
  readonly links: Links;
  readonly sessions: Omit<Sessions, 'create' | 'find'>;
  /** A new session for somebody who has proved who they are. */
  signIn(signIn: SignIn): Promise<NewSession>;
}

export interface IdentityOptions {
  sql: Sql;
  hot: HotState;
  /** In the data folder: whoever can read it owns this machine's Signalbox. */
  secret: string;
  sessionLimits: SessionLimits;
  passwords?: PasswordOptions;
  newUuid(): string;
  now(): number;
}

export interface RunningIdentity extends Identity {
  start(): Promise<void>;
  stop(): Promise<void>;
}

const LOOPBACK = /^(127(\.\d{1,3}){3}|::1|::ffff:127(\.\d{1,3}){3})$/;

export function createIdentity(options: IdentityOptions): RunningIdentity {
  const { sql, hot, secret, newUuid, now } = options;
  const access = createAccess({ hot, now });
  const sessions = createSessions({ sql, newUuid, limits: options.sessionLimits });

  async function find({ bearer, session, from, isUse = true }: Credentials): Promise<Actor | undefined> {
    if (bearer !== undefined) {
      const isHere = from.address !== null && LOOPBACK.test(from.address);
      return isHere && equals(bearer, secret) ? LOCAL_OWNER : undefined;
    }
    if (session === undefined || session === '') return undefined;
    return access.remember(digest(session), () => sessions.find(session, isUse));
  }

  return {
    async authenticate(given) {
      const actor = await find(given);
      return actor && { ...actor, from: given.from };
    },
    access,
    passwords: createPasswords(options.passwords),
    people: createPeople(sql),
    links: createLinks({ sql, newUuid, sessions }),
    sessions,
    signIn: (signIn) =>
      sql.begin((transaction) =>
        sessions.create(transaction as unknown as Sql, signIn),
      ) as Promise<NewSession>,
    start: access.start,
    stop: access.stop,
  };
}
