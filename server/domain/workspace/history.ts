import { applyEdits, type Edit } from './edits.ts';

/** `carried`: brought over from the run that this one does again. */
export const CHANGE_KINDS = ['write', 'edit', 'delete', 'carried'] as const;
export type ChangeKind = (typeof CHANGE_KINDS)[number];

/** One version as it is kept: an edit by what it edited, others by what they left. */
export interface Change {
  version: number;
  kind: ChangeKind;
  /** Of writes and what was carried over. */
  text?: string | undefined;
  /** Of edits. */
  edits?: readonly Edit[] | undefined;
}

export type Folded = { ok: true; text: string | null; version: number } | { ok: false; problem: string };

/** What a file holds after all that was done to it, oldest first; null where it is gone. */
export function foldHistory(changes: readonly Change[]): Folded {
  let text: string | null = null;
  let version = 0;
  for (const change of changes) {
    if (change.version !== version + 1)
      return { ok: false, problem: `version ${change.version} follows ${version}` };
    const next = after(text, change);
    if (!next.ok) return { ok: false, problem: `version ${change.version}: ${next.problem}` };
    text = next.text;
    version = change.version;
  }
  return { ok: true, text, version };
}

function after(
  text: string | null,
  { kind, text: written, edits }: Change,
): { ok: true; text: string | null } | { ok: false; problem: string } {
  if (kind === 'delete') return { ok: true, text: null };
  if (kind !== 'edit')
    return written === undefined ? { ok: false, problem: 'it says no text' } : { ok: true, text: written };
  if (text === null) return { ok: false, problem: 'it edits a file that is not there' };
  const edited = applyEdits(text, edits ?? []);
  return edited.ok ? edited : { ok: false, problem: `edit ${edited.at} ${edited.problem}` };
}
