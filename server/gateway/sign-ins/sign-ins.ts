import {
  pinIssuer,
  readSignIn,
  type SignInPlace,
  writeNeeded,
  writeSignedIn,
} from '#db/queries/mcp-sign-ins.ts';
import { SignalboxError } from '#server/domain/errors.ts';
import { fromUuid, type OrgId, toUuid } from '#server/domain/ids.ts';
import { EVERYBODY } from '#server/domain/mcp.ts';
import { isYoung } from '#server/domain/young.ts';
import { OUR_REFUSAL } from '../refusals.ts';
import type { Connection } from '../tenant/directory.ts';
import {
  beginSignIn,
  clientDocumentAt,
  connectionOfState,
  finishSignIn,
  type KeptClient,
  notBegunHere,
  type SignInErrand,
} from './flow.ts';
import {
  createRenewals,
  isOld,
  type KeptTokens,
  keyOf,
  lifeOf,
  type RenewalOptions,
  toKept,
} from './renewals.ts';

/** Tokens of people for servers that they have signed in to. No door hands them out. */
export interface SignIns {
  /** One that will be good for a while yet. Rejects when somebody has to sign in first. */
  tokenFor(connection: Connection): Promise<string>;
  /** The server does not take this one; answers with another. */
  replace(connection: Connection, refused: string): Promise<string>;
  /** The server wants more than the token allows, or does not take one that was given out just now. */
  giveUp(
    connection: Connection,
    why: { problem: string; wantedScope?: string | null },
  ): Promise<SignalboxError>;
  /** Where the browser shall go. */
  begin(who: SignInWish): Promise<URL>;
  /** The browser has come back. Answers with the connection; an unknown errand rejects. */
  finish(who: CameBack): Promise<{ connectionUuid: string }>;
  /** What was read of tokens is read anew. */
  forget(): void;
  stop(): void;
}

export interface SignInWish {
  connection: Connection;
  userUuid: string;
  sessionUuid: string;
  origin: string;
}

export interface CameBack {
  orgId: OrgId;
  userUuid: string;
  sessionUuid: string;
  query: URLSearchParams;
}

/** A token is renewed so long before its end. */
const AHEAD_MS = 60_000;
/** What was read of tokens is believed for so long: who signs out is out everywhere by then. */
const BELIEVED_MS = 3000;
const REMEMBERED = 5000;

export const holderOf = ({ signIn }: Pick<Connection, 'signIn'>, userUuid: string | null): string | null =>
  signIn?.mode === 'shared' ? EVERYBODY : userUuid;

export function createSignIns(options: RenewalOptions): SignIns {
  const { sql, notes, fetch, now } = options;
  const read = new Map<string, { tokens: KeptTokens; readAt: number }>();
  const renewals = createRenewals(options);

  async function known(connection: Connection): Promise<KeptTokens> {
    const place = placeOf(connection);
    const found = read.get(keyOf(place));
    if (found && isYoung(found.readAt, now(), BELIEVED_MS)) return found.tokens;
    return remember(connection, await renewals.load(place));
  }

  async function remember(connection: Connection, tokens: KeptTokens | null): Promise<KeptTokens> {
    const place = placeOf(connection);
    if (!tokens) {
      read.delete(keyOf(place));
      throw needsSignIn(connection, (await readSignIn(sql, place))?.problem ?? null);
    }
    if (read.size >= REMEMBERED) read.clear();
    read.set(keyOf(place), { tokens, readAt: now() });
    return tokens;
  }

  async function replace(connection: Connection, stale: string): Promise<string> {
    const tokens = await renewals.renew(placeOf(connection), stale);
    return (await remember(connection, tokens)).accessToken;
  }

  return {
    async tokenFor(connection) {
      const tokens = await known(connection);
      const isTooOld = isOld(tokens, now(), AHEAD_MS) && tokens.refreshToken !== null;
      return isTooOld ? replace(connection, tokens.accessToken) : tokens.accessToken;
    },
    replace,
    async giveUp(connection, why) {
      const place = placeOf(connection);
      read.delete(keyOf(place));
      await writeNeeded(sql, place, why);
      return needsSignIn(connection, why.problem);
    },
    async begin({ connection, userUuid, sessionUuid, origin }) {
      const { signIn: settings, url } = connection;
      if (!settings || url === null) throw nobodySignsIn(connection);
      const holderUuid = holderOf(connection, userUuid) ?? userUuid;
      const place = { orgUuid: toUuid(connection.orgId), connectionUuid: connection.id, holderUuid };
      const about = { orgUuid: place.orgUuid, connectionUuid: place.connectionUuid };
      const row = await readSignIn(sql, place);
      const secret = await notes.read<{ secret: string }>({ ...about, name: CLIENT_SECRET });
      const begun = await beginSignIn({
        ...{ serverUrl: url, settings, origin, fetch, holderUuid, connectionUuid: connection.id, now: now() },
        clientDocument: clientDocumentAt(origin),
        scopes: row ? [row.scope, row.wantedScope] : [],
        secret: secret?.secret ?? null,
        kept: await notes.read<KeptClient>({ ...about, name: CLIENT }),
      });
      if (settings.clientId === undefined) await notes.write({ ...about, name: CLIENT }, begun.client);
      await notes.write({ ...about, name: `flow/${sessionUuid}` }, begun.errand);
      return begun.url;
    },
    async finish({ orgId, userUuid, sessionUuid, query }) {
      const connectionUuid = connectionOfState(query.get('state') ?? '');
      if (connectionUuid === null) throw notBegunHere();
      const about = { orgUuid: toUuid(orgId), connectionUuid };
      const errand = await notes.take<SignInErrand>({ ...about, name: `flow/${sessionUuid}` });
      if (!errand) throw notBegunHere();
      const given = await finishSignIn(errand, { query, now: now(), fetch });
      const place = { ...about, holderUuid: errand.holderUuid };
      // Between going and coming back somebody else may have come from another.
      if (!(await pinIssuer(sql, place, errand.issuer))) throw notBegunHere();
      const tokens = toKept(errand, given, now());
      await notes.write({ ...place, name: place.holderUuid }, tokens);
      const isKept = await writeSignedIn(sql, {
        ...{ ...place, issuer: errand.issuer, lifeMs: lifeOf(given) },
        userUuid: errand.holderUuid === EVERYBODY ? null : userUuid,
        scope: given.scope ?? errand.scope,
        canRenew: tokens.refreshToken !== null,
      });
      if (!isKept) throw notBegunHere();
      read.delete(keyOf(place));
      return { connectionUuid };
    },
    forget: () => read.clear(),
    stop: renewals.stop,
  };
}

export const CLIENT = 'client';
export const CLIENT_SECRET = 'client-secret';

/** The caller's own, or everybody's. Who calls in nobody's name has none. */
function placeOf(connection: Connection): SignInPlace {
  const { holder } = connection;
  if (holder === undefined || holder === null) throw nobody(connection);
  return { orgUuid: toUuid(connection.orgId), connectionUuid: connection.id, holderUuid: holder };
}

function needsSignIn({ id, slug, signIn }: Connection, problem: string | null): SignalboxError {
  const who = signIn?.mode === 'shared' ? 'Somebody who manages connections has' : 'You have';
  const page = `/connections/${fromUuid('mcpConnection', id)}`;
  return new SignalboxError(
    'FORBIDDEN',
    `${who} to sign in at ${slug} first.${problem ? ` ${problem}` : ''}`,
    {
      advice: `Open ${page} in the panel, and sign in there.`,
      details: OUR_REFUSAL,
    },
  );
}

function nobody({ slug }: Connection): SignalboxError {
  return new SignalboxError(
    'FORBIDDEN',
    `At ${slug} each person signs in for themselves, and nobody is calling in person.`,
    {
      advice: 'Let somebody sign in for everybody, or call with a key that a person has made.',
      details: OUR_REFUSAL,
    },
  );
}

function nobodySignsIn({ slug }: Connection): SignalboxError {
  return new SignalboxError(
    'CONFLICT',
    `Nobody signs in at ${slug}: it is reached by what is stored with it.`,
    {
      advice: 'Change how the connection signs in first.',
    },
  );
}
