import { dirname } from 'node:path';
import { SignalboxError } from '#server/domain/errors.ts';
import { DEFAULT_ORG_ID } from '#server/domain/ids.ts';
import { connectionSecretName } from '#server/domain/mcp.ts';
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

/** Parts of a header too: `Bearer xyz` is known by xyz alone. */
export function secretsIn(sealed: Readonly<Record<string, string>>): string[] {
  const parts = Object.values(sealed).flatMap((value) => [value, ...value.split(/\s+/)]);
  return [...new Set(parts)]
    .filter((part) => part.length >= SHORT_SECRET)
    .sort((a, b) => b.length - a.length);
}

/** What is kept encrypted for the connection, by name. */
export async function readSealed(
  { id, orgId, sealedNames }: Connection,
  { readSecret }: Pick<TargetOptions, 'readSecret'>,
): Promise<Record<string, string>> {
  const pairs = await Promise.all(
    sealedNames.map(async (name) => [name, await readSecret(orgId, connectionSecretName(id, name))] as const),
  );
  return Object.fromEntries(pairs.flatMap(([name, value]) => (value === null ? [] : [[name, value]])));
}

/** The address, or the program with its folder and user. */
export async function toTarget(
  connection: Connection,
  sealed: Record<string, string>,
  { programs, programUser, folders, maxResidentBytes, guard }: TargetOptions,
): Promise<UpstreamTarget> {
  const { kind, url, command, args, id, orgId } = connection;
  if (kind === 'http') return { kind, url: url ?? '', headers: sealed };
  if (orgId !== DEFAULT_ORG_ID) {
    throw new SignalboxError('FORBIDDEN', 'Programs are started for the first organisation only.');
  }
  const obstacle = obstacleToPrograms(programUser);
  if (obstacle) throw obstacle;
  const { path: cwd, user } = await folders.open(id);
  const start = startOf(programs, { program: command ?? '', args, env: sealed }, cwd);
  checkReach(user, [cwd, dirname(start.command)]);
  return { kind, ...start, cwd, user, maxResidentBytes, guard };
}
