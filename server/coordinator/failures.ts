import { isOutage } from '#server/domain/outages.ts';

/** What a failed commit means for the batch. */
export type CommitFailure = {
  error: unknown;
  kind: /** A run moved elsewhere, a slot went, or two commits met: decide again under a lock. */
    | 'conflict'
    /** A message whose effect is already there. */
    | 'known-message'
    /** A run that exists already. */
    | 'born'
    /** Runs were to begin in an organisation that is closed. */
    | 'closed'
    /** The database is away; whether the commit happened is unknown. */
    | 'outage'
    /** Ours: it will not get better by trying. */
    | 'defect';
};

const CONFLICTS = new Set(['SB001', '40001', '40P01', '55P03']);

/** What a server answers to a write that has become a standby: another one is, or will be, where ours are. */
const DEMOTED = '25006';

export function classifyFailure(error: unknown): CommitFailure {
  const { code, constraint_name: constraint } = error as { code?: unknown; constraint_name?: unknown };
  const text = String(code ?? '');
  if (text === 'SB002') return { kind: 'closed', error };
  if (CONFLICTS.has(text)) return { kind: 'conflict', error };
  if (text === '23505') return { kind: uniqueKind(String(constraint ?? '')), error };
  if (isOutage(error) || text === DEMOTED) return { kind: 'outage', error };
  return { kind: 'defect', error };
}

/** The session is with a server that takes no writes any more. */
export const isDemoted = ({ error }: CommitFailure): boolean =>
  (error as { code?: unknown }).code === DEMOTED;

/** Two processes wanted the same seat with an agent. */
export const isSeatTaken = ({ error }: CommitFailure): boolean =>
  String((error as { constraint_name?: unknown }).constraint_name ?? '') === 'agent_seats_pkey';

function uniqueKind(constraint: string): CommitFailure['kind'] {
  if (constraint.startsWith('inbox')) return 'known-message';
  if (constraint.startsWith('runs') || constraint.startsWith('idempotency')) return 'born';
  return 'conflict';
}
