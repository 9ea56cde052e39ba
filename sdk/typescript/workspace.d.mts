import type { JsonObject, LogLevel } from './wire.d.mts';

/** Who holds a file. */
export interface FileHolder {
  id: string;
  name: string;
  patterns: string[];
  since: string;
  until: string;
}

export interface SharedFile {
  path: string;
  version: number;
  bytes: number;
  is_text: boolean;
  changed_by: string;
  changed_at: string;
  held_by: FileHolder | null;
}

export interface SharedFileContent extends SharedFile {
  sha256: string;
  content: string;
  encoding: 'text' | 'base64';
}

export interface FileWritten {
  path: string;
  version: number;
  bytes: number;
  changed_at: string;
}

export interface FileEdited extends FileWritten {
  diff: string | null;
  diff_is_cut: boolean;
}

export interface FileChange extends Omit<SharedFile, 'held_by'> {
  seq: number;
  kind: 'write' | 'edit' | 'delete' | 'carried';
  note: string | null;
  stage: string | null;
  fencing_token: number | null;
}

/** What a claim is shown by. */
export interface FileLeaseProof {
  lease_id: string;
  fencing_token: number;
}
export interface FileLease extends FileHolder, FileLeaseProof {}

interface AboutChange extends Partial<FileLeaseProof> {
  path: string;
  note?: string;
}
export interface FileWrite extends AboutChange {
  content: string;
  encoding?: 'text' | 'base64';
  /** The version that it was made from; left out: the file is to be new. */
  base_version?: number;
}
export interface FileEdit extends AboutChange {
  edits: readonly { old: string; new: string; all?: boolean }[];
  base_version?: number;
}
export interface FileDelete extends AboutChange {
  base_version: number;
}

export interface Collaborator {
  id: string;
  name: string;
  about: string | null;
  is_here: boolean;
  joined_at: string;
  seen_at: string;
  left_at: string | null;
}

export interface WorkspaceMessage {
  seq: number;
  from: { id: string; name: string };
  to: { id: string; name: string } | null;
  body: string;
  at: string;
}

export interface WorkspaceOptions {
  /** Your name, where one key serves several agents. */
  as?: string | undefined;
  /** Number of the hand-out that the work is part of. */
  epoch?: number | undefined;
  signal?: AbortSignal | undefined;
}

interface Paged {
  limit?: number;
  cursor?: string;
}

/**
 * Files shared with others who work on the run. Nobody is overwritten: what somebody else was quicker with, or holds,
 * is a SignalboxError CONFLICT whose `details.conflict` says who, since when and what changed.
 */
export interface Workspace {
  list(query?: Paged & { glob?: string }): Promise<{ files: SharedFile[]; next_cursor: string | null }>;
  read(path: string, version?: number): Promise<SharedFileContent>;
  history(query?: Paged & { path?: string }): Promise<{ changes: FileChange[]; next_cursor: string | null }>;
  write(change: FileWrite): Promise<FileWritten>;
  edit(change: FileEdit): Promise<FileEdited>;
  delete(change: FileDelete): Promise<FileWritten>;
  /** Send its `lease_id` and `fencing_token` with your changes: then nothing is written once the claim is lost. */
  claim(paths: string | readonly string[], seconds?: number): Promise<FileLease>;
  renew(lease: FileLeaseProof, seconds?: number): Promise<FileLease>;
  release(lease: FileLeaseProof): Promise<{ released: boolean }>;
  log(message: string, more?: { level?: LogLevel; fields?: JsonObject }): Promise<{ seq: number }>;
  /** `more_collaborators`: so many came earlier and are not listed. */
  join(about?: string): Promise<{ me: string; collaborators: Collaborator[]; more_collaborators: number }>;
  leave(): Promise<{ released: number }>;
  /** To one, by id or name, or to all. */
  send(body: string, to?: string): Promise<{ seq: number }>;
  /** What you have not said to have seen. */
  inbox(query?: { seen?: number; limit?: number }): Promise<WorkspaceMessage[]>;
}
