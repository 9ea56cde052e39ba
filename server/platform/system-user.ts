import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';

/** A user of this machine, by numbers. */
export interface Ids {
  uid: number;
  gid: number;
}

/** Undefined: this machine knows nobody of that name. */
export function idsOf(name: string): Ids | undefined {
  const [uid, gid] = ['-u', '-g'].map((flag) =>
    spawnSync('id', [flag, name], { encoding: 'utf8' }).stdout?.trim(),
  );
  return uid && gid ? { uid: Number(uid), gid: Number(gid) } : undefined;
}

/** Somebody of this machine whose number is among these; undefined: as far as its own list says, nobody's is. */
export function userWithin(from: number, to: number, list = '/etc/passwd'): string | undefined {
  const lines = existsSync(list) ? readFileSync(list, 'utf8').split('\n') : [];
  return lines
    .map((line) => line.split(':'))
    .find(([name, , uid]) => name && uid && Number(uid) >= from && Number(uid) <= to)?.[0];
}

/** Whether they may pass through all folders down to this one, as far as these are there. */
export const canEnter = (path: string, ids: Ids): boolean => closedTo(path, ids) === undefined;

/** The innermost folder on the way that they may not pass through. */
export function closedTo(path: string, { uid, gid }: Ids): string | undefined {
  for (let at = resolve(path); ; at = dirname(at)) {
    if (existsSync(at)) {
      const stat = statSync(at);
      const shift = stat.uid === uid ? 6 : stat.gid === gid ? 3 : 0;
      if (((stat.mode >> shift) & 0o1) === 0) return at;
    }
    if (at === dirname(at)) return undefined;
  }
}
