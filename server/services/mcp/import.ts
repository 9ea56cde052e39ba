import { parse } from 'yaml';
import { z } from 'zod';
import { inTenant } from '#db/tenant.ts';
import { invalid } from '#server/domain/errors.ts';
import { DEFAULT_ORG_ID } from '#server/domain/ids.ts';
import { isJsonObject } from '#server/domain/json.ts';
import { type Actor, authorise } from '#server/identity/actor.ts';
import type { Services } from '../context.ts';
import { hashRequest } from '../hash-request.ts';
import { idempotencyKeySchema } from '../make-once.ts';
import { parseInput } from '../parse-input.ts';
import { secretsNamedBy } from '../secret/uses.ts';
import { credentialFields, placeOf, sealedOf } from './connection-fields.ts';
import { type Connected, connect } from './connections.ts';

const importSchema = z.strictObject({
  text: z.string().min(1).max(262_144),
  /** Says what would become of each, and connects none. */
  isPreview: z.boolean().default(false),
  idempotencyKey: idempotencyKeySchema.optional(),
});
const entrySchema = z.strictObject({
  server_type: z.string().optional(),
  name: z.string().optional(),
  url: z.string().optional(),
  headers: credentialFields.headers,
  credentials: credentialFields.credentials,
  calls_per_minute: z.int().optional(),
  max_concurrent: z.int().optional(),
  timeout_ms: z.int().optional(),
  max_result_bytes: z.int().optional(),
});
const fileSchema = z.strictObject({ servers: z.record(z.string().min(1).max(32), z.unknown()) });
/** What other files say of programs. */
const OF_PROGRAMS = ['command', 'program', 'args', 'env', 'variables', 'stdio'];
const MAX_SERVERS = 100;
const VARIABLE = /\$\{[^}]*\}/;
/** Not those of the secrets that are stored here, which connections keep as they are. */
const VARIABLES = /\$\{(?!secret:)([^}]*)\}/g;

export interface Imported {
  slug: string;
  /** Null: it was not connected, and `problem` says why. */
  connected: Connected | null;
  problem: string | null;
}

/**
 * Connects the servers that a YAML file names, each on its own: one that is wrong does not hold up the others. A file
 * that somebody sent must not have a program started, so it never does, whoever imports it.
 */
export async function importConnections(
  services: Services,
  actor: Actor,
  input: z.input<typeof importSchema>,
): Promise<Imported[]> {
  authorise(actor, 'mcp.manage');
  const { text, isPreview, idempotencyKey } = parseInput(importSchema, input);
  const { servers } = readFile(text);
  const entries = Object.entries(servers);
  if (entries.length > MAX_SERVERS) throw invalid(`The file has more than ${MAX_SERVERS} servers.`);
  const done: Imported[] = [];
  for (const [slug, given] of entries)
    done.push(await importOne(services, actor, { slug, given, isPreview, key: keyOf(slug, idempotencyKey) }));
  return done;
}

/** Each server is connected on its own, and so each has a key of its own, which follows from that of the file. */
const keyOf = (slug: string, key: string | undefined): string | undefined =>
  key === undefined ? undefined : hashRequest({ import: key, slug });

async function importOne(
  services: Services,
  actor: Actor,
  {
    slug,
    given,
    isPreview,
    key,
  }: { slug: string; given: unknown; isPreview: boolean; key: string | undefined },
): Promise<Imported> {
  try {
    // What is shown of an entry, its errors too, is as the file has it: nobody reads a variable by naming it somewhere.
    const entry = withVariables(readEntry(slug, given), variablesFor(services, actor));
    if (isPreview)
      return { slug, connected: null, problem: await obstacleOf(services, actor, { ...entry, slug }) };
    const connected = await connect(services, actor, { ...entry, slug, idempotencyKey: key });
    return { slug, connected, problem: null };
  } catch (error) {
    return { slug, connected: null, problem: error instanceof Error ? error.message : String(error) };
  }
}

/** Null: it could be connected, as far as can be said without asking the server. */
async function obstacleOf(
  services: Services,
  actor: Actor,
  entry: Parameters<typeof placeOf>[1] & Parameters<typeof sealedOf>[1],
): Promise<string | null> {
  const place = placeOf(services, entry);
  const sealed = sealedOf(place, entry);
  await inTenant(services.db, actor.orgId, (tx) => secretsNamedBy(tx, actor, sealed));
  const { bySlug } = await services.gateway.directoryOf(actor.orgId);
  return bySlug.has(place.slug) ? `There is a connection ${place.slug} already.` : null;
}

function readFile(text: string): z.output<typeof fileSchema> {
  let parsed: unknown;
  try {
    // No aliases: a short text must not stand for a huge one.
    parsed = parse(text, { maxAliasCount: 0, schema: 'core', merge: false });
  } catch (error) {
    throw invalid(`The file is no YAML: ${(error as Error).message.split('\n')[0]}`);
  }
  return parseInput(fileSchema, parsed);
}

function readEntry(slug: string, given: unknown) {
  const isProgram = isJsonObject(given) && OF_PROGRAMS.find((key) => Object.hasOwn(given, key));
  if (isProgram)
    throw invalid(
      `${slug} is a program (${isProgram}), and an import starts none.`,
      undefined,
      'Connect it by hand.',
    );
  const entry = parseInput(entrySchema, given);
  if (entry.url === undefined && entry.server_type === undefined)
    throw invalid(`${slug} names no url and no server_type.`);
  const { server_type, calls_per_minute, max_concurrent, timeout_ms, max_result_bytes, ...rest } = entry;
  return {
    ...rest,
    serverType: server_type,
    callsPerMinute: calls_per_minute,
    maxConcurrent: max_concurrent,
    timeoutMs: timeout_ms,
    maxResultBytes: max_result_bytes,
    isHttpOnly: true,
  };
}

/** The machine's variables are those of whoever runs it: other organisations live on it, and have none. */
const variablesFor = ({ importVariables }: Services, { orgId }: Actor) =>
  orgId === DEFAULT_ORG_ID ? importVariables : {};

type Entry = ReturnType<typeof readEntry>;

/** Only what is sealed may refer to variables: it goes to the server, and is shown to nobody. */
function withVariables(entry: Entry, variables: Readonly<Record<string, string>>): Entry {
  const { headers, credentials, ...shown } = entry;
  const misplaced = Object.entries(shown).find(
    ([, value]) => typeof value === 'string' && VARIABLE.test(value),
  );
  if (misplaced) {
    throw invalid(
      `Its ${misplaced[0] === 'serverType' ? 'server_type' : misplaced[0]} refers to a variable, which only values of headers and credentials may.`,
      undefined,
      'Write it out.',
    );
  }
  const filled = (values: Record<string, string>) =>
    Object.fromEntries(Object.entries(values).map(([key, value]) => [key, fillIn(value, variables)]));
  return {
    ...entry,
    ...(headers === undefined ? {} : { headers: filled(headers) }),
    ...(credentials === undefined ? {} : { credentials: filled(credentials) }),
  };
}

/** `${NAME}` stands for a variable that whoever runs the server has named; for any other it is an error. */
function fillIn(text: string, variables: Readonly<Record<string, string>>): string {
  return text.replace(VARIABLES, (_, name: string) => {
    if (Object.hasOwn(variables, name)) return variables[name] ?? '';
    throw invalid(
      `The variable ${JSON.stringify(name.slice(0, 80))} is not set, or an import may not refer to it.`,
      undefined,
      'Whoever runs Signalbox names it in SIGNALBOX_MCP_IMPORT_VARIABLES, for imports of the first organisation.',
    );
  });
}
