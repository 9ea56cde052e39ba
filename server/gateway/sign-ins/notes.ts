import type { Sql } from '#db/client.ts';
import { takeSecret, versionOfSecret, writeSecret } from '#db/queries/mcp-sign-ins.ts';
import { fromUuid, type OrgId } from '#server/domain/ids.ts';
import { signInSecretPrefix } from '#server/domain/mcp.ts';

/** Secrets, as far as the gateway has to do with them. */
export interface SecretPort {
  read(orgId: OrgId, name: string): Promise<string | null>;
  seal(value: string, place: { orgUuid: string; name: string; version: number }): SealedValue;
}

interface SealedValue {
  keyId: string;
  wrappedKey: Uint8Array;
  sealed: Uint8Array;
}

/** What is remembered of signing in at a connection, sealed like all secrets. */
export interface SealedNotes {
  read<Note>(place: NotePlace): Promise<Note | null>;
  write(place: NotePlace, note: object): Promise<void>;
  /** Reads it, and nobody does so again. */
  take<Note>(place: NotePlace): Promise<Note | null>;
  /** As the secret is called. */
  nameOf(place: Pick<NotePlace, 'connectionUuid' | 'name'>): string;
}

export interface NotePlace {
  orgUuid: string;
  connectionUuid: string;
  name: string;
}

export function createSealedNotes(sql: Sql, secrets: SecretPort): SealedNotes {
  const nameOf: SealedNotes['nameOf'] = ({ connectionUuid, name }) =>
    `${signInSecretPrefix(connectionUuid)}${name}`;

  async function read<Note>(place: NotePlace): Promise<Note | null> {
    const text = await secrets.read(fromUuid('org', place.orgUuid), nameOf(place));
    return text === null ? null : (JSON.parse(text) as Note);
  }

  return {
    ...{ read, nameOf },
    async write(place, note) {
      const name = nameOf(place);
      const version = (await versionOfSecret(sql, place.orgUuid, name)) + 1;
      const envelope = secrets.seal(JSON.stringify(note), { orgUuid: place.orgUuid, name, version });
      await writeSecret(sql, place.orgUuid, { name, version, ...envelope });
    },
    async take<Note>(place: NotePlace) {
      const note = await read<Note>(place);
      return note !== null && (await takeSecret(sql, place.orgUuid, nameOf(place))) ? note : null;
    },
  };
}
