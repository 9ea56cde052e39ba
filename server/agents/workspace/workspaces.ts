import type { DoorDatabase } from '#db/tenant.ts';
import type { Payloads } from '#server/agents/payloads.ts';
import type { WorkspaceLimits } from '#server/domain/workspace/limits.ts';
import type { HotState } from '#server/redis/port.ts';
import { type Browse, createBrowse } from './browse.ts';
import { type Carry, createCarry } from './carry.ts';
import { type Changes, createChanges } from './changes.ts';
import { type ContentWatch, createContents } from './contents.ts';
import type { ChangeWatch } from './desk.ts';
import { createFiles, type Files } from './files.ts';
import { createLeases, type Leases } from './leases.ts';
import { createTalk, type Talk } from './talk.ts';

/** The files that those who work on a run share, and what they say to each other. Rights are not asked here: verbs do. */
export interface Workspaces {
  files: Files;
  leases: Leases;
  talk: Talk;
  browse: Browse;
  replays: Carry;
  changes: Changes;
  limits: WorkspaceLimits;
}

export interface WorkspacesOptions {
  db: DoorDatabase;
  hot: Pick<HotState, 'get' | 'set' | 'publish' | 'subscribe' | 'onGap'>;
  payloads: Pick<Payloads, 'upload' | 'open' | 'remember'>;
  limits: WorkspaceLimits;
  watch: ContentWatch & ChangeWatch;
  newUuid(): string;
  now(): number;
}

export function createWorkspaces(options: WorkspacesOptions): Workspaces {
  const { db, hot, payloads, limits, watch, newUuid, now } = options;
  const { fileMaxBytes } = limits;
  const contents = createContents({ db, hot, payloads, watch, fileMaxBytes, now });
  const changes = createChanges(hot);
  const desk = { db, contents, limits, newUuid, onChange: changes.announce, watch, now };
  return {
    files: createFiles(desk),
    leases: createLeases(desk),
    talk: createTalk(desk),
    browse: createBrowse(desk),
    replays: createCarry({ db, payloads }),
    changes,
    limits,
  };
}
