import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';
import type { TaskError } from './engine/events.ts';

const MAX_TEXT = 400;

/**
 * What varies from one failure to the next of the same kind: ids, numbers, times, and whatever an agent quotes. Each
 * pattern reads its text once; none can backtrack.
 */
const VARYING: readonly (readonly [RegExp, string])[] = [
  [/"[^"]*"|'[^']*'|`[^`]*`/g, '…'],
  [/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/gi, '#'],
  [/[a-z]+_[0-9a-f]{32}/gi, '#'],
  [/\d{4}-\d\d-\d\dT[\d:.]+(?:Z|[+-][\d:]+)?/gi, '#'],
  [/\b(?:0x)?[0-9a-f]*\d[0-9a-f]*\b/gi, '#'],
  [/\d+/g, '#'],
  [/[#.,:/+-]*#[#.,:/+-]*/g, '#'],
  [/\s+/g, ' '],
];

function normalise(message: string): string {
  return VARYING.reduce(
    (text, [pattern, instead]) => text.replace(pattern, instead),
    message.slice(0, MAX_TEXT),
  )
    .trim()
    .toLowerCase();
}

/**
 * The name of a kind of failure: equal for errors that differ only in what varies. The same words of stages of two types
 * are two kinds; without a type, no stage has failed.
 */
export function errorGroupOf(
  error: Pick<TaskError, 'class' | 'code' | 'message'>,
  capability?: string,
): string {
  const parts = [error.class, error.code, normalise(error.message)];
  const text = JSON.stringify(capability === undefined ? parts : [...parts, capability]);
  return bytesToHex(sha256(utf8ToBytes(text))).slice(0, 16);
}
