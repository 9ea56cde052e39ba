import { isDeepStrictEqual } from 'node:util';
import type { Sql } from '#db/client.ts';
import { DEFAULT_ORG_ID } from '#server/domain/ids.ts';
import type { Json, JsonObject } from '#server/domain/json.ts';
import { NOBODY } from '../actor.ts';
import type { IdentityConfig } from '../config.ts';
import { type Author, auditNote, noteBy } from './note.ts';

/** What is set where the server is started, and nobody inside can change: the program itself tells of it. */
const SYSTEM: Author = { ...NOBODY, kind: 'system', id: 'system', name: 'system', orgId: DEFAULT_ORG_ID };

interface GuardsAtStart {
  /** Of the process, as one word. */
  roles: string;
  settings: JsonObject;
  /** What holds where nothing is set: a first start tells of what differs from it. */
  defaults: JsonObject;
}

/** Writes into the audit which guarding settings are others than at the last start of such a process. */
export async function noteGuards(sql: Sql, { roles, settings, defaults }: GuardsAtStart): Promise<void> {
  await sql.begin(async (transaction) => {
    const tx = transaction as unknown as Sql;
    // Two that start at once come one after the other, and the second finds nothing new.
    await tx`INSERT INTO guarding_settings (roles, settings) VALUES (${roles}, ${JSON.stringify(defaults)}::text::json)
      ON CONFLICT DO NOTHING`;
    const [row] = await tx<{ settings: JsonObject }[]>`
      SELECT settings FROM guarding_settings WHERE roles = ${roles} FOR UPDATE`;
    // One that came with a newer version was at its default until now.
    const before = { ...defaults, ...row?.settings };
    const changed = Object.keys(settings).filter((name) => !isDeepStrictEqual(settings[name], before[name]));
    if (changed.length === 0) return;
    await tx`UPDATE guarding_settings SET settings = ${JSON.stringify(settings)}::text::json, noted_at = now()
      WHERE roles = ${roles}`;
    const only = (all: JsonObject): JsonObject =>
      Object.fromEntries(changed.map((name) => [name, all[name] ?? null]));
    await noteBy(
      tx,
      auditNote(SYSTEM, 'settings.changed', { target: roles, before: only(before), after: only(settings) }),
    );
  });
}

const SECRETS = new Set(['secret', 'clientSecret']);
const withoutSecrets = (entry: object): Json =>
  JSON.parse(JSON.stringify(entry, (key, value) => (SECRETS.has(key) ? undefined : value)));

/** Who else may say who somebody is: all that stands in that file but its secrets. */
export const shownIdentity = ({ issuers, providers }: IdentityConfig): JsonObject => ({
  issuers: issuers.map(withoutSecrets),
  providers: providers.map(withoutSecrets),
});
