import { spawnSync } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { SignalboxError } from '#server/domain/errors.ts';
import { canEnter, type Ids, idsOf } from './system-user.ts';

/** Whom Postgres runs as, and what goes before its command line so that this user reaches its files. */
export interface PostgresUser {
  readonly ids: { readonly uid: number; readonly gid: number } | undefined;
  readonly prefix: readonly string[];
}

const SYSTEM_USER = 'signalbox-postgres';

/** Postgres refuses to run as root, so root lends it another user: the folder's owner, else one that exists, else a new one. */
export function findPostgresUser(folder: string, programs: readonly string[]): PostgresUser {
  if (process.getuid?.() !== 0) return { ids: undefined, prefix: [] };
  const ids = ownerOf(folder) ?? idsOf('postgres') ?? idsOf(SYSTEM_USER) ?? createUser();
  const paths = [dirname(resolve(folder)), ...programs.map((program) => dirname(program))];
  if (paths.every((path) => canEnter(path, ids))) return { ids, prefix: [] };
  return { ids: undefined, prefix: lendPassage(ids, paths, programs) };
}

function ownerOf(folder: string): Ids | undefined {
  if (!existsSync(folder)) return undefined;
  const { uid, gid } = statSync(folder);
  return uid === 0 ? undefined : { uid, gid };
}

function createUser(): Ids {
  spawnSync('useradd', ['--system', '--no-create-home', '--shell', '/usr/sbin/nologin', SYSTEM_USER]);
  const ids = idsOf(SYSTEM_USER);
  if (ids) return ids;
  throw new SignalboxError(
    'UNAVAILABLE',
    `Postgres cannot run as root, and the user ${SYSTEM_USER} could not be created for it.`,
    { advice: 'Start Signalbox as another user than root, or set DATABASE_URL.' },
  );
}

/**
 * Below a folder that only root enters, such as /root, the other user gets one right of root's along: to pass through
 * folders. What it may change stays what it owns.
 */
function lendPassage({ uid, gid }: Ids, paths: readonly string[], programs: readonly string[]): string[] {
  for (const right of ['dac_read_search', 'dac_override']) {
    const prefix = [
      'setpriv',
      `--reuid=${uid}`,
      `--regid=${gid}`,
      '--clear-groups',
      `--inh-caps=-all,+${right}`,
      `--ambient-caps=-all,+${right}`,
      `--bounding-set=-all,+${right}`,
    ];
    const [program = 'true'] = programs;
    const [command = '', ...args] = [...prefix, program, '--version'];
    if (spawnSync(command, args).status === 0) return prefix;
  }
  const closed = paths.find((path) => !canEnter(path, { uid, gid }));
  throw new SignalboxError(
    'UNAVAILABLE',
    `The embedded Postgres cannot run as root, and its user cannot enter ${closed}.`,
    {
      advice:
        'Put the checkout and SIGNALBOX_DATA_DIR where every user may enter (such as /srv/signalbox), start as another user than root, or set DATABASE_URL.',
    },
  );
}
