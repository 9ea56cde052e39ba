import type { Sql } from '#db/client.ts';
import { fromUuid, toUuid, type UserId } from '#server/domain/ids.ts';
import type { Errand } from './providers.ts';
import { digest, newToken } from './tokens.ts';

/** Somebody who is on their way to a provider, with what they want there. */
export interface Flow extends Errand {
  provider: string;
  /** A path of ours. */
  next: string;
  linkHash: string | null;
  userId: UserId | null;
}

export interface Flows {
  /** Returns what the browser must show when it comes back. */
  begin(flow: Flow): Promise<string>;
  /** Uses it up; undefined when it is not there, too old, another browser's or another provider's. */
  end(state: string, browser: string, provider: string): Promise<Flow | undefined>;
}

export const FLOW_SECONDS = 600;

interface Row {
  nonce: string;
  code_verifier: string;
  redirect_uri: string;
  next: string;
  link_hash: string | null;
  user_id: string | null;
}

export function createFlows(sql: Sql): Flows {
  return {
    async begin({ provider, state, nonce, codeVerifier, redirectUri, next, linkHash, userId }) {
      const browser = newToken();
      await sql`DELETE FROM sign_in_flows WHERE expires_at < now()`;
      await sql`INSERT INTO sign_in_flows (state_hash, browser_hash, provider, nonce, code_verifier, redirect_uri, next,
          link_hash, user_id, expires_at)
        VALUES (${digest(state)}, ${digest(browser)}, ${provider}, ${nonce}, ${codeVerifier}, ${redirectUri}, ${next},
          ${linkHash}, ${userId === null ? null : toUuid(userId)}::text::uuid, now() + ${FLOW_SECONDS}::int * interval '1 s')`;
      return browser;
    },
    async end(state, browser, provider) {
      const [row] = await sql<Row[]>`
        DELETE FROM sign_in_flows WHERE state_hash = ${digest(state)} AND browser_hash = ${digest(browser)}
          AND provider = ${provider} AND expires_at > now()
        RETURNING nonce, code_verifier, redirect_uri, next, link_hash, user_id`;
      if (!row) return undefined;
      return {
        ...{ provider, state, nonce: row.nonce, next: row.next },
        codeVerifier: row.code_verifier,
        redirectUri: row.redirect_uri,
        linkHash: row.link_hash,
        userId: row.user_id === null ? null : fromUuid('user', row.user_id),
      };
    },
  };
}
