import type { Answer } from '../data/index.ts';

type Connection = Pick<Answer<'mcp.connection'>, 'kind' | 'server_type' | 'sign_in' | 'sealed_names'>;
type Entries = readonly Pick<Answer<'mcp.catalogue'>['servers'][number], 'server_type' | 'credentials'>[];

/** What a server is shown so that it lets us in: how that is said to the API, and by which names. */
export interface Keys {
  as: 'credentials' | 'headers' | 'variables';
  /** None: it has none so far, and one is named. */
  asked: readonly { key: string; label: string; required: boolean }[];
}

/** Null: there is none to change, as people sign in themselves, or what is sealed is no key. */
export function keysOf(connection: Connection, entries: Entries): Keys | null {
  const { kind, server_type: type, sealed_names: sealed } = connection;
  if (connection.sign_in) return null;
  if (type !== null) {
    const asked = entries.find((entry) => entry.server_type === type)?.credentials ?? [];
    return asked.length === 0 ? null : { as: 'credentials', asked };
  }
  const asked = sealed.map((name) => ({ key: name, label: name, required: true }));
  return { as: kind === 'http' ? 'headers' : 'variables', asked };
}
