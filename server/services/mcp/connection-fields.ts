import { z } from 'zod';
import { invalid, SignalboxError } from '#server/domain/errors.ts';
import type { Json } from '#server/domain/json.ts';
import { SIGN_IN_MODES, type SignInSettings, SLUG } from '#server/domain/mcp.ts';
import { secretsNamedIn } from '#server/domain/secret-references.ts';
import { isHarmlessVariable, unknownProgram } from '#server/gateway/programs/programs.ts';
import { type CatalogueEntry, findInCatalogue } from '#server/gateway/tenant/catalogue.ts';
import type { Actor } from '#server/identity/actor.ts';
import type { Services } from '../context.ts';
import { hideCredentials } from '../make-once.ts';

/** Headers that the protocol and the line have for themselves. */
const OWN_HEADERS =
  /^(host|content-.*|accept.*|connection|transfer-encoding|cookie|mcp-.*|last-event-id|te|upgrade|expect)$/i;
const HEADER = /^[A-Za-z0-9_-]{1,80}$/;
const MAX_SEALED = 20;

const sealedValue = z.string().min(1).max(8192);
const noBreaks = sealedValue.regex(/^[\t\x20-\x7e]+$/, 'must be one line of printable ASCII');

const headersSchema = z
  .record(z.string(), noBreaks)
  .refine(
    (headers) => Object.keys(headers).every((name) => HEADER.test(name) && !OWN_HEADERS.test(name)),
    'must name headers that are not those of the protocol itself',
  );
const variablesSchema = z
  .record(z.string(), sealedValue)
  .refine(
    (variables) => Object.keys(variables).every(isHarmlessVariable),
    'must name variables, and none by which a program loads code',
  );

const few = (record: Record<string, string>) => Object.keys(record).length <= MAX_SEALED;

export const credentialFields = {
  /** What the catalogue's entry asks for, by its key. */
  credentials: z.record(z.string().max(64), noBreaks).refine(few, 'are too many').optional(),
  headers: headersSchema.refine(few, 'are too many').optional(),
  variables: variablesSchema.refine(few, 'are too many').optional(),
};

/** How people sign in at the server. */
export const signInSchema = z.strictObject({
  mode: z.enum(SIGN_IN_MODES),
  clientId: z.string().trim().min(1).max(1000).optional(),
  clientSecret: noBreaks.optional(),
  scope: z
    .string()
    .trim()
    .regex(
      /^[\x21\x23-\x5b\x5d-\x7e]+( [\x21\x23-\x5b\x5d-\x7e]+)*$/,
      'must be words with one space between them',
    )
    .max(1000)
    .optional(),
  omitsResource: z.boolean().optional(),
});
export type GivenSignIn = z.output<typeof signInSchema>;

/** What is kept of it in the open. */
export function signInOf(given: GivenSignIn): SignInSettings {
  const { mode, clientId, clientSecret, scope, omitsResource } = given;
  if (clientSecret !== undefined && clientId === undefined) {
    throw invalid('A secret of a client comes with its id.', undefined, 'Send `client_id` too.');
  }
  if (clientSecret !== undefined && secretsNamedIn([clientSecret]).length > 0) {
    throw invalid(
      'The secret of a client names no stored secret: headers and variables alone do.',
      undefined,
      'Write it out.',
    );
  }
  return {
    mode,
    ...(clientId === undefined ? {} : { clientId }),
    ...(scope === undefined ? {} : { scope }),
    ...(omitsResource === true ? { omitsResource } : {}),
  };
}

/** The header that a token is sent in cannot hold something else too. */
export function checkSignIn(kind: 'http' | 'stdio', sealedNames: readonly string[]): void {
  if (kind !== 'http') throw invalid('Nobody signs in at a program.');
  if (!sealedNames.includes('authorization')) return;
  throw invalid('People sign in at it, or it has an authorization header: not both.');
}

export const limitFields = {
  callsPerMinute: z.int().min(1).max(1_000_000).optional(),
  maxConcurrent: z.int().min(1).max(1000).optional(),
  timeoutMs: z.int().min(100).max(3_600_000).optional(),
  maxResultBytes: z.int().min(1024).max(67_108_864).optional(),
};

export const slugSchema = z
  .string()
  .regex(SLUG, 'must be 1 to 32 of a-z, 0-9 and -, and begin with a letter');
export const urlSchema = z.url({ protocol: /^https?$/ }).max(2048);
export const argsSchema = z
  .array(
    z
      .string()
      .max(4096)
      .regex(/^[^\0]*$/),
  )
  .max(50);

export interface Place {
  kind: 'http' | 'stdio';
  url: string | null;
  command: string | null;
  args: string[];
  name: string;
  slug: string;
  catalogue: string | null;
}

export interface GivenPlace {
  serverType?: string | undefined;
  slug?: string | undefined;
  name?: string | undefined;
  url?: string | undefined;
  program?: string | undefined;
  args?: string[] | undefined;
}

/** Where the server is: as the catalogue has it, as far as nothing else is said. */
export function placeOf(services: Services, given: GivenPlace): Place {
  const entry = given.serverType === undefined ? undefined : entryOf(given.serverType);
  const url = given.url ?? entry?.url ?? null;
  const program = given.program ?? entry?.program ?? null;
  const slug = given.slug ?? entry?.key;
  if (slug === undefined) {
    throw invalid('What the names of its tools begin with is not said.', undefined, 'Send `slug`.');
  }
  const names = { slug, name: given.name ?? entry?.name ?? slug, catalogue: entry?.key ?? null };
  if (given.url !== undefined || (program === null && url !== null)) {
    if (given.program !== undefined || given.args !== undefined) throw both();
    checkUrl(url ?? '');
    return { ...names, kind: 'http', url, command: null, args: [] };
  }
  if (program === null) {
    throw invalid('Where the server is is not said.', undefined, 'Send `url`, `server_type` or `program`.');
  }
  checkProgram(services, program);
  return {
    ...names,
    kind: 'stdio',
    url: null,
    command: program,
    args: given.args ?? [...(entry?.args ?? [])],
  };
}

export function entryOf(key: string): CatalogueEntry {
  const entry = findInCatalogue(key);
  if (entry) return entry;
  throw new SignalboxError('INVALID', `The catalogue has no server ${JSON.stringify(key.slice(0, 64))}.`, {
    advice: 'List the catalogue, or name the URL of the server.',
  });
}

export function checkUrl(text: string): void {
  const url = URL.parse(text);
  if (url && url.username === '' && url.password === '' && url.hash === '') return;
  throw invalid(
    'The URL of a server has neither a user nor a fragment.',
    undefined,
    'Send credentials as headers.',
  );
}

export function checkProgram({ gateway }: Services, program: string): void {
  if (!gateway.programs().some(({ name }) => name === program)) throw unknownProgram(program);
  if (gateway.obstacleToPrograms) throw gateway.obstacleToPrograms;
}

/** All that is to be sealed, by the name of its header or variable. */
export function sealedOf(
  place: Pick<Place, 'kind' | 'catalogue'>,
  given: z.infer<z.ZodObject<typeof credentialFields>>,
): Record<string, string> {
  const entry = place.catalogue === null ? undefined : findInCatalogue(place.catalogue);
  const fromEntry = entry ? ofEntry(entry, given.credentials ?? {}) : {};
  if (!entry && given.credentials && Object.keys(given.credentials).length > 0) {
    throw invalid(
      'Only servers of the catalogue have credentials by name.',
      undefined,
      'Send `headers` or `variables`.',
    );
  }
  if (place.kind === 'http' && given.variables)
    throw invalid('A server with a URL has headers, not variables.');
  if (place.kind === 'stdio' && given.headers) throw invalid('A program has variables, not headers.');
  const named = Object.entries(given.headers ?? {}).map(
    ([name, value]) => [name.toLowerCase(), value] as const,
  );
  return { ...fromEntry, ...Object.fromEntries(named), ...given.variables };
}

function ofEntry(entry: CatalogueEntry, given: Record<string, string>): Record<string, string> {
  const known = new Map(entry.credentials.map((credential) => [credential.key, credential]));
  const unknown = Object.keys(given).find((key) => !known.has(key));
  if (unknown !== undefined) throw invalid(`${entry.name} has no credential ${JSON.stringify(unknown)}.`);
  const sealed: Record<string, string> = { ...entry.variables };
  for (const { key, label, isRequired, header, variable, prefix = '' } of entry.credentials) {
    const value = given[key];
    if (value === undefined && isRequired)
      throw invalid(`${entry.name} needs ${label} (credentials.${key}).`);
    const place = header ?? variable;
    if (value !== undefined && place !== undefined) sealed[place] = `${prefix}${value}`;
  }
  return sealed;
}

const both = () =>
  invalid('A server has either a URL or a program.', undefined, 'Send `url`, or `program` with `args`.');

type Credentials = z.infer<z.ZodObject<typeof credentialFields>> & {
  signIn?: z.infer<typeof signInSchema> | undefined;
};

/** What tells two requests for a connection apart, with nothing in it that opens a server. */
export async function requestOf(
  actor: Actor,
  { key, given }: { key: string | undefined; given: Credentials & Record<string, unknown> },
): Promise<Record<string, unknown>> {
  const { credentials, headers, variables, signIn, ...open } = given;
  const hidden = { credentials, headers, variables, signIn } as Json;
  return { ...open, hidden: await hideCredentials(actor, { key, credentials: hidden }) };
}
