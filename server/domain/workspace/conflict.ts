import type { JsonObject } from '../json.ts';

/** Why somebody's change was not made. Nothing is ever overwritten silently: whoever is refused learns by whom. */
export type Conflict = Outdated | Locked | LeaseLost | NameTaken;

interface About {
  path: string;
}

/** Somebody else was quicker. */
export interface Outdated extends About {
  kind: 'outdated';
  /** 0: no such file was known. */
  baseVersion: number;
  /** 0: there is no such file. */
  version: number;
  changedBy: string | null;
  changedAt: Date | null;
  /** From the version that the caller knew to the current one. */
  diff: string | null;
  isDiffCut: boolean;
}

export interface Holding {
  leaseId: string;
  holder: string;
  name: string;
  patterns: readonly string[];
  since: Date;
  until: Date;
}

/** Somebody else has claimed it. */
export interface Locked extends About {
  kind: 'locked';
  heldBy: Holding;
}

/** The claim that the caller writes under holds no longer, or is not of this file. */
export interface LeaseLost extends About {
  kind: 'lease-lost';
  why: string;
  /** Who has it now, if anybody. */
  heldBy: Holding | null;
}

/** There is a folder of that name, or a file where this one would need a folder. */
export interface NameTaken extends About {
  kind: 'name-taken';
  by: string;
}

export function describeConflict(conflict: Conflict): { message: string; advice: string } {
  switch (conflict.kind) {
    case 'outdated':
      return describeOutdated(conflict);
    case 'locked':
      return {
        message: `${conflict.path} is claimed by ${describeHolding(conflict.heldBy)}.`,
        advice:
          'Wait until it is released or its time is over, ask its holder by a message, or work on something else.',
      };
    case 'lease-lost':
      return {
        message: `Nothing was written to ${conflict.path}: ${conflict.why}${
          conflict.heldBy ? `, and it is claimed by ${describeHolding(conflict.heldBy)}` : ''
        }.`,
        advice: 'Claim the file again, read what it holds now, and make the change on that.',
      };
    case 'name-taken':
      return {
        message: `${conflict.path} cannot be a file: ${conflict.by} is there, and a name is a file or a folder.`,
        advice: 'Choose another path, or delete what is there.',
      };
  }
}

function describeOutdated({ path, baseVersion, version, changedBy, changedAt }: Outdated) {
  const who = `${changedBy ?? 'somebody'}${changedAt ? ` at ${changedAt.toISOString()}` : ''}`;
  if (version === 0)
    return {
      message: `There is no file ${path}, so version ${baseVersion} of it cannot be what you changed.`,
      advice: 'Write it with base version 0 to make it.',
    };
  if (baseVersion === 0)
    return {
      message: `${path} is there already: version ${version} by ${who}.`,
      advice: `Read it, then write with base version ${version}.`,
    };
  return {
    message: `${path} is at version ${version}, written by ${who}, and you changed version ${baseVersion}.`,
    advice: `The diff says what you have not seen. Make your change on version ${version} and send it with that as its base.`,
  };
}

function describeHolding({ name, since, until }: Holding): string {
  return `${name} since ${since.toISOString()}, until ${until.toISOString()} unless it is renewed`;
}

/** As it travels: beside the sentences, for programs. */
export function toWords(conflict: Conflict): JsonObject {
  const { kind, path } = conflict;
  switch (conflict.kind) {
    case 'outdated':
      return {
        ...{ kind, path, base_version: conflict.baseVersion, version: conflict.version },
        ...{ changed_by: conflict.changedBy, changed_at: conflict.changedAt?.toISOString() ?? null },
        ...{ diff: conflict.diff, diff_is_cut: conflict.isDiffCut },
      };
    case 'locked':
      return { kind, path, held_by: holdingInWords(conflict.heldBy) };
    case 'lease-lost':
      return { kind, path, why: conflict.why, held_by: conflict.heldBy && holdingInWords(conflict.heldBy) };
    case 'name-taken':
      return { kind, path, by: conflict.by };
  }
}

/** The fencing token is its holder's alone, and so is what it would be of use with. */
function holdingInWords({ holder, name, patterns, since, until }: Holding): JsonObject {
  return {
    ...{ id: holder, name, patterns: [...patterns] },
    ...{ since: since.toISOString(), until: until.toISOString() },
  };
}
