import { dirname } from 'node:path';
import { SignalboxError } from '#server/domain/errors.ts';
import { DEFAULT_ORG_ID } from '#server/domain/ids.ts';
import { connectionSecretName } from '#server/domain/mcp.ts';
import { secretsNamedIn, withSecrets } from '#server/domain/secret-references.ts';
import type { Folders } from '../programs/folders.ts';
import type { Guard } from '../programs/guard.ts';
import { type Programs, startOf } from '../programs/programs.ts';
import { checkReach, obstacleToPrograms, type ProgramUser } from '../programs/user.ts';
import type { SecretPort } from '../sign-ins/notes.ts';
import type { Connection } from '../tenant/directory.ts';
import type { UpstreamTarget } from '../upstream/upstream.ts';

/** What it takes to reach the server of a connection. */
export interface TargetOptions {
  readSecret: SecretPort['read'];
  programs: Programs;
  programUser: ProgramUser;
  /** Each program that is started has one of its own. */
  folders: Folders;
  maxResidentBytes: number;
  guard: Guard;
}

/** What is shorter may stand anywhere in a text. */
const SHORT_SECRET = 6;

/** What is sent to the server and nobody is shown. */
export interface Sealed {
  /** By the name of its header or variable. */
  values: Record<string, string>;
  /** The stored secrets that stand in those values. */
  stored: string[];
}

/** Parts of a header too: `Bearer xyz` is known by xyz alone, and a stored secret wherever it stands in a value. */
export function secretsIn({ values, stored }: Sealed): string[] {
  const parts = [...Object.values(values), ...stored].flatMap((value) => [value, ...value.split(/\s+/)]);
  return [...new Set(parts)]
    .filter((part) => part.length >= SHORT_SECRET)
    .sort((a, b) => b.length - a.length);
}

/** What is kept encrypted for the connection, with the stored secrets that it names in their places. */
export async function readSealed(
  connection: Connection,
  { readSecret }: Pick<TargetOptions, 'readSecret'>,
): Promise<Sealed> {
  const { id, orgId, sealedNames } = connection;
  const stored = await readStored(connection, readSecret);
  const pairs = await Promise.all(
    sealedNames.map(async (name) => {
      const value = await readSecret(orgId, connectionSecretName(id, name));
      return value === null ? [] : [[name, fillIn(value, { connection, name, stored })] as const];
    }),
  );
  return { values: Object.fromEntries(pairs.flat()), stored: [...stored.values()] };
}

/** Those alone whose use was checked when the connection was given its values: anything else in them is text. */
async function readStored(
  { orgId, slug, secretNames }: Connection,
  readSecret: SecretPort['read'],
): Promise<Map<string, string>> {
  const pairs = await Promise.all(
    secretNames.map(async (name) => {
      const value = await readSecret(orgId, name);
      if (value === null) throw lostSecret(slug, name);
      return [name, value] as const;
    }),
  );
  return new Map(pairs);
}

/** Anything but these in a header would end it and begin another, and variables end where this one is. */
const ONE_LINE = /^[\t\x20-\x7e]+$/;
const NUL = '\0';

function fillIn(
  value: string,
  { connection, name, stored }: { connection: Connection; name: string; stored: ReadonlyMap<string, string> },
): string {
  const filled = withSecrets(value, stored);
  if (filled === value) return value;
  const isFit = connection.kind === 'http' ? ONE_LINE.test(filled) : !filled.includes(NUL);
  if (isFit) return filled;
  const used = secretsNamedIn([value]).filter((each) => stored.has(each));
  throw unfitSecret(connection, name, used);
}

function lostSecret(slug: string, name: string): SignalboxError {
  return new SignalboxError('UNAVAILABLE', `The secret ${name}, which ${slug} uses, is not there any more.`, {
    advice: 'Store it again, or give the connection other headers or variables.',
  });
}

function unfitSecret({ slug, kind }: Connection, place: string, names: readonly string[]): SignalboxError {
  const why =
    kind === 'http'
      ? `cannot be sent in the header ${place}: that is one line of printable ASCII`
      : `cannot be given to the variable ${place}: that has no NUL`;
  return new SignalboxError('UNAVAILABLE', `What the secret ${names.join(' or ')} of ${slug} holds ${why}.`, {
    advice: 'Store it again, without a line break at its end too.',
  });
}

/** The address, or the program with its folder and user. */
export async function toTarget(
  connection: Connection,
  { values }: Sealed,
  { programs, programUser, folders, maxResidentBytes, guard }: TargetOptions,
): Promise<UpstreamTarget> {
  const { kind, url, command, args, id, orgId } = connection;
  if (kind === 'http') return { kind, url: url ?? '', headers: values };
  if (orgId !== DEFAULT_ORG_ID) {
    throw new SignalboxError('FORBIDDEN', 'Programs are started for the first organisation only.');
  }
  const obstacle = obstacleToPrograms(programUser);
  if (obstacle) throw obstacle;
  const { path: cwd, user } = await folders.open(id);
  const start = startOf(programs, { program: command ?? '', args, env: values }, cwd);
  checkReach(user, [cwd, dirname(start.command)]);
  return { kind, ...start, cwd, user, maxResidentBytes, guard };
}
