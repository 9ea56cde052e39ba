/**
 * Names of files in a workspace. They exist in the database alone: none is ever joined to a folder, so the rules are
 * not what keeps an agent inside. They keep one file from having two names, and names from deceiving who reads them.
 */
export const MAX_PATH_BYTES = 512;
const MAX_SEGMENT_BYTES = 255;
const MAX_DEPTH = 32;

export type Named = { ok: true; path: string } | { ok: false; problem: string };

/** Control and format characters (invisible, or turning the direction of text), halves of characters, private use. */
const UNSEEN = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Zl}\p{Zp}]/u;
const EDGE_SPACE = /^\s|\s$/u;

const encoder = new TextEncoder();
const bytesOf = (text: string): number => encoder.encode(text).length;

/** The one name of a file, in the composed form of Unicode; or what is wrong with what was given. */
export function toPath(given: string): Named {
  const named = toCleanName(given);
  if (!named.ok) return named;
  if (/[*?]/.test(named.path)) return refuse('has * or ?, which stand for several files');
  return named;
}

/** What paths and globs have in common. */
export function toCleanName(given: string): Named {
  if (given.length > MAX_PATH_BYTES * 4) return refuse(`is longer than ${MAX_PATH_BYTES} bytes`);
  const path = given.normalize('NFC');
  if (path === '') return refuse('is empty');
  if (bytesOf(path) > MAX_PATH_BYTES) return refuse(`is longer than ${MAX_PATH_BYTES} bytes`);
  if (UNSEEN.test(path)) return refuse('has a character that cannot be seen');
  if (path.includes('\\')) return refuse('has a backslash; folders are divided by /');
  const segments = path.split('/');
  if (segments.length > MAX_DEPTH) return refuse(`is deeper than ${MAX_DEPTH} folders`);
  for (const segment of segments) {
    const problem = problemOfSegment(segment);
    if (problem) return refuse(problem);
  }
  return { ok: true, path };
}

function problemOfSegment(segment: string): string | null {
  if (segment === '') return 'begins or ends with /, or has two in a row';
  if (segment === '.' || segment === '..') return `has ${segment} as a folder; write the path out`;
  if (EDGE_SPACE.test(segment)) return 'has a name that begins or ends with a space';
  if (bytesOf(segment) > MAX_SEGMENT_BYTES) return `has a name longer than ${MAX_SEGMENT_BYTES} bytes`;
  return null;
}

const refuse = (problem: string): Named => ({ ok: false, problem });

/** The folders that a file is in, from the top. */
export function foldersOf(path: string): string[] {
  const segments = path.split('/');
  return segments.slice(1).map((_, index) => segments.slice(0, index + 1).join('/'));
}
