/** What the verbs answer with. */
export type { Lease } from '#db/queries/workspace-leases.ts';
export type {
  Activity,
  ClaimEntry,
  HistoryEntry,
  ListedFile,
  StepEntry,
} from '#server/agents/workspace/browse.ts';
export type { FileDiff, FileRead, Written } from '#server/agents/workspace/files.ts';
export type { Collaborator, Message } from '#server/agents/workspace/talk.ts';
