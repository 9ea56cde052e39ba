import { createHash } from 'node:crypto';
import { isJsonObject, type Json } from '#server/domain/json.ts';

export interface ChainEntry {
  seq: number;
  at: Date;
  actorId: string;
  action: string;
  target: string | null;
  requestId: string | null;
  body: string;
  hash: Uint8Array;
}

export interface Checkpoint {
  seq: number;
  hash: Uint8Array;
}

export interface ChainFault {
  seq: number;
  problem: string;
}

/** The hash that the first entry of a tenant follows. */
export function firstHash(orgUuid: string): Buffer {
  return createHash('sha256').update(orgUuid).digest();
}

/** As `audit_append` computes it. */
export function hashEntry(
  previous: Uint8Array,
  { seq, at, body }: Pick<ChainEntry, 'seq' | 'at' | 'body'>,
): Buffer {
  return createHash('sha256').update(previous).update(`${seq}\n${at.toISOString()}\n${body}`).digest();
}

export interface ChainCheck {
  /** The next entry; the first fault ends the check, as nothing after it can be trusted. */
  add(entry: ChainEntry): ChainFault | null;
  /** When all entries were added. Checkpoints beyond the end show what was cut off. */
  finish(): ChainFault | null;
  checked(): number;
}

/** Walks a chain from its beginning, against the signed checkpoints that are known of it. */
export function checkChain(orgUuid: string, checkpoints: readonly Checkpoint[]): ChainCheck {
  const signed = new Map(checkpoints.map(({ seq, hash }) => [seq, hash]));
  let hash: Uint8Array = firstHash(orgUuid);
  let seq = 0;
  let at = 0;

  function add(entry: ChainEntry): ChainFault | null {
    if (entry.seq !== seq + 1)
      return { seq: seq + 1, problem: `is missing: entry ${entry.seq} follows ${seq}` };
    const expected = hashEntry(hash, entry);
    if (!expected.equals(entry.hash)) return { seq: entry.seq, problem: 'is not what was written' };
    if (!saysWhatItIsFoundBy(entry))
      return { seq: entry.seq, problem: 'is filed under what it does not say' };
    if (entry.at.getTime() < at) return { seq: entry.seq, problem: 'is older than the one before it' };
    const mark = signed.get(entry.seq);
    if (mark && !expected.equals(mark)) {
      return { seq: entry.seq, problem: 'is another than the one that a checkpoint was signed for' };
    }
    hash = expected;
    seq = entry.seq;
    at = entry.at.getTime();
    return null;
  }

  return {
    add,
    finish() {
      const last = Math.max(0, ...signed.keys());
      return last > seq ? { seq: seq + 1, problem: `is missing: a checkpoint was signed at ${last}` } : null;
    },
    checked: () => seq,
  };
}

/** The columns that people search by are beside the text that was hashed. */
function saysWhatItIsFoundBy(entry: ChainEntry): boolean {
  let body: Json;
  try {
    body = JSON.parse(entry.body);
  } catch {
    return false;
  }
  if (!isJsonObject(body) || !isJsonObject(body.actor)) return false;
  return (
    body.actor.id === entry.actorId &&
    body.action === entry.action &&
    (body.target ?? null) === entry.target &&
    (body.request_id ?? null) === entry.requestId
  );
}
