import type { Answer } from '../data/index.ts';
import { quoted } from '../ui/format.ts';

type ChangeKind = Answer<'workspaces.history'>['changes'][number]['kind'];

const VERBS: Record<ChangeKind, string> = {
  write: 'wrote',
  edit: 'edited',
  delete: 'deleted',
  carried: 'brought over',
};

/** Everything that people read of workspaces. */
export const words = {
  loading: 'Loading the workspace',
  hidden: 'You may see how the run went, not what it worked on.',
  files: 'Files',
  none: 'No files yet',
  noneNote: 'Agents of this run share files here: through the MCP server, the API or the SDKs.',
  moment: 'As they stood',
  now: 'Now',
  before: (stage: string) => `For a replay from ${stage}`,
  beforeOn: (stage: string, version: number) => `For a replay from ${stage} on version ${version}`,
  newestNote:
    'On this version stages that are new, or no longer what they were in the run, are done again, with all that follows them: what they wrote is not in it.',
  beforeNote: (stage: string) =>
    `What a replay that begins with ${stage} begins with: the files as the stages before it left them. Stages that ran beside each other worked on the same files, so what the others did later is in it too.`,
  noneThen: 'No files then',
  noneThenNote: 'A replay that begins with this stage begins without any.',
  content: 'Content',
  history: 'History',
  binary: 'This is no text.',
  version: (version: number) => `version ${version}`,
  against: 'Compared with',
  versionBefore: 'the version before',
  compared: (from: number, to: number) => `From version ${from} to version ${to}`,
  noChanges: 'No text was changed.',
  cut: 'The rest of the difference is left out.',
  claims: 'Claims',
  noClaims: 'Nobody holds a file just now.',
  ends: 'ends',
  release: 'Take away',
  releaseTitle: (name: string) => `Take ${name}'s claim away?`,
  releaseConsequence:
    'Others can claim and write these files at once. What its holder writes from now on is refused.',
  released: 'The claim is taken away.',
  here: 'Taking part',
  nobody: 'Nobody has joined.',
  gone: 'left',
  cameEarlier: (more: number) => `${more} who came earlier are not listed.`,
  feed: 'Activity',
  earlier: 'Show earlier',
  broughtOver: (files: number) => `brought over ${files} files`,
  noFeed: 'Nothing has happened here.',
  claimed: (patterns: string) => `claimed ${patterns}`,
  letGo: (patterns: string) => `released ${patterns}`,
  takenAway: (by: string, reason: string | null) =>
    `lost the claim to ${quoted(by)}${reason === null ? '' : `: ${reason}`}`,
  wrote: (kind: ChangeKind, path: string, version: number) =>
    `${VERBS[kind]} ${quoted(path)} (version ${version})`,
  said: (to: string | null) => (to === null ? 'to all' : `to ${to}`),
} as const;
