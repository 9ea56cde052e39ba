import { z } from 'zod';
import type { Sql } from '#db/client.ts';
import { newToken } from '../tokens.ts';

/** A program as it has registered, in the words of RFC 7591. */
export interface ClientMetadata {
  client_id: string;
  client_id_issued_at: number;
  client_name?: string;
  redirect_uris: string[];
  application_type: 'native';
  grant_types: ['authorization_code', 'refresh_token'];
  response_types: ['code'];
  token_endpoint_auth_method: 'none';
}

export interface Clients {
  find(id: string): Promise<object | undefined>;
  keep(client: ClientMetadata): Promise<void>;
  /** Somebody has let it in: it stays for as long as that goes on, and a while longer. */
  allowed(id: string): Promise<void>;
}

const LOOPBACK = /^(localhost|127\.0\.0\.1|\[::1\])$/;
const NEVER = /^(javascript|vbscript|data|blob|file|about|ftp|ws|wss|mailto|view-source):$/;

/** By https to a site, by http to a program on the same machine, or to a program by a scheme of its own. */
export function isRedirectUri(text: string): boolean {
  const url = URL.parse(text);
  if (url?.hash !== '' || text.includes('#') || url.username !== '' || url.password !== '') return false;
  if (url.protocol === 'https:') return !LOOPBACK.test(url.hostname);
  if (url.protocol === 'http:') return LOOPBACK.test(url.hostname);
  return !NEVER.test(url.protocol);
}

/** What else a program says of itself nobody here needs; it is told what holds. */
const registration = z.object({
  client_name: z.string().trim().min(1).max(200).optional(),
  redirect_uris: z.array(z.string().max(2000).refine(isRedirectUri)).min(1).max(10),
  grant_types: z
    .array(z.string().max(200))
    .max(20)
    .refine((types) => types.includes('authorization_code'))
    .optional(),
  response_types: z
    .array(z.string().max(200))
    .max(20)
    .refine((types) => types.includes('code'))
    .optional(),
});

export interface RegistrationError {
  error: 'invalid_redirect_uri' | 'invalid_client_metadata';
  error_description: string;
}

/** Nobody has signed in yet: a program that registers is only told how it will be known. */
export function readRegistration(body: unknown, nowMs: number): ClientMetadata | RegistrationError {
  const parsed = registration.safeParse(body);
  if (!parsed.success) {
    const [field] = parsed.error.issues[0]?.path ?? [];
    if (field !== 'redirect_uris') {
      const what = field === undefined ? 'The body' : String(field);
      const error_description = `${what} cannot be used: a client here has a name of 200 characters at most, and codes.`;
      return { error: 'invalid_client_metadata', error_description };
    }
    return {
      error: 'invalid_redirect_uri',
      error_description:
        'redirect_uris must be one to ten addresses: https, http of this machine, or a scheme of the program itself.',
    };
  }
  const { client_name, redirect_uris } = parsed.data;
  return {
    client_id: newToken(),
    client_id_issued_at: Math.floor(nowMs / 1000),
    ...(client_name === undefined ? {} : { client_name }),
    redirect_uris,
    application_type: 'native',
    grant_types: ['authorization_code', 'refresh_token'],
    response_types: ['code'],
    token_endpoint_auth_method: 'none',
  };
}

/** More than these that nobody has let in are never kept: the oldest go. */
const MAX_IDLE = 2000;

export function createClients(sql: Sql): Clients {
  return {
    async find(id) {
      const [row] = await sql<{ metadata: object }[]>`SELECT metadata FROM app_clients WHERE id = ${id}`;
      return row?.metadata;
    },
    async keep(client) {
      await sql`DELETE FROM app_clients WHERE allowed_at IS NULL AND registered_at < now() - interval '1 day'`;
      await sql`DELETE FROM app_clients WHERE allowed_at < now() - interval '90 days'
        AND NOT EXISTS (SELECT FROM app_connections c WHERE c.client_id = app_clients.id)`;
      await sql`DELETE FROM app_clients WHERE id IN (SELECT id FROM app_clients WHERE allowed_at IS NULL
        ORDER BY registered_at DESC OFFSET ${MAX_IDLE - 1}::int)`;
      await sql`INSERT INTO app_clients (id, metadata)
        VALUES (${client.client_id}, ${JSON.stringify(client)}::text::json)`;
    },
    async allowed(id) {
      await sql`UPDATE app_clients SET allowed_at = now() WHERE id = ${id}`;
    },
  };
}
