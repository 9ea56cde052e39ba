/** A line diff of two texts, as people and models know it. */
export interface Hunk {
  /** Counted from 1; 0 where the side is empty. */
  fromLine: number;
  fromCount: number;
  toLine: number;
  toCount: number;
  /** Each begins with a space, - or +. A last line without an end is as it is. */
  lines: string[];
}

type Op = { kind: ' ' | '-' | '+'; line: string };

const CONTEXT = 3;
/** Past so many changed lines the shortest diff is not worth its time: what differs is shown as replaced. */
const MAX_CHANGES = 600;

/** Lines with their ends. */
function linesOf(text: string): string[] {
  return text === '' ? [] : (text.match(/[^\n]*\n|[^\n]+$/g) ?? []);
}

export function diffLines(before: string, after: string): Hunk[] {
  return toHunks(compare(linesOf(before), linesOf(after)));
}

function compare(before: readonly string[], after: readonly string[]): Op[] {
  let start = 0;
  const shortest = Math.min(before.length, after.length);
  while (start < shortest && before[start] === after[start]) start += 1;
  let end = 0;
  while (end < shortest - start && before[before.length - 1 - end] === after[after.length - 1 - end])
    end += 1;
  const same = (line: string): Op => ({ kind: ' ', line });
  const a = before.slice(start, before.length - end);
  const b = after.slice(start, after.length - end);
  return [
    ...before.slice(0, start).map(same),
    ...middle(a, b),
    ...before.slice(before.length - end).map(same),
  ];
}

/** The shortest way from one to the other by Myers' greedy search; each round remembers how far each diagonal got. */
function middle(a: readonly string[], b: readonly string[]): Op[] {
  const replaced = (): Op[] => [
    ...a.map((line): Op => ({ kind: '-', line })),
    ...b.map((line): Op => ({ kind: '+', line })),
  ];
  if (a.length === 0 || b.length === 0) return replaced();
  const rounds: Int32Array[] = [];
  const most = Math.min(a.length + b.length, MAX_CHANGES);
  const far = new Int32Array(2 * most + 3);
  const zero = most + 1;
  for (let changes = 0; changes <= most; changes += 1) {
    // Only what this round can reach, so that all rounds together stay small.
    rounds.push(far.slice(zero - changes - 1, zero + changes + 2));
    for (let diagonal = -changes; diagonal <= changes; diagonal += 2) {
      let x = stepsDown(far, zero, { diagonal, changes })
        ? (far[zero + diagonal + 1] ?? 0)
        : (far[zero + diagonal - 1] ?? 0) + 1;
      while (x < a.length && x - diagonal < b.length && a[x] === b[x - diagonal]) x += 1;
      far[zero + diagonal] = x;
      if (x >= a.length && x - diagonal >= b.length) return walkBack(a, b, rounds);
    }
  }
  return replaced();
}

function stepsDown(
  far: Int32Array,
  zero: number,
  { diagonal, changes }: { diagonal: number; changes: number },
): boolean {
  if (diagonal === -changes) return true;
  return diagonal !== changes && (far[zero + diagonal - 1] ?? 0) < (far[zero + diagonal + 1] ?? 0);
}

function walkBack(a: readonly string[], b: readonly string[], rounds: readonly Int32Array[]): Op[] {
  const ops: Op[] = [];
  let x = a.length;
  let y = b.length;
  for (let changes = rounds.length - 1; changes >= 0; changes -= 1) {
    const far = rounds[changes] as Int32Array;
    const zero = changes + 1;
    const diagonal = x - y;
    const isDown = stepsDown(far, zero, { diagonal, changes });
    const from = isDown ? diagonal + 1 : diagonal - 1;
    const fromX = changes === 0 ? 0 : (far[zero + from] ?? 0);
    const fromY = changes === 0 ? 0 : fromX - from;
    while (x > fromX && y > fromY) {
      x -= 1;
      y -= 1;
      ops.push({ kind: ' ', line: a[x] ?? '' });
    }
    if (changes === 0) break;
    if (isDown) ops.push({ kind: '+', line: b[--y] ?? '' });
    else ops.push({ kind: '-', line: a[--x] ?? '' });
  }
  return ops.reverse();
}

function toHunks(ops: readonly Op[]): Hunk[] {
  const hunks: Hunk[] = [];
  let [from, to] = [1, 1];
  let quiet = Number.POSITIVE_INFINITY;
  let hunk: Hunk | undefined;
  for (const [at, op] of ops.entries()) {
    if (op.kind !== ' ' && (!hunk || quiet > 2 * CONTEXT)) {
      if (hunk) trimTail(hunk, quiet - CONTEXT);
      const lead = ops.slice(Math.max(0, at - CONTEXT), at).filter(({ kind }) => kind === ' ');
      hunk = { fromLine: from - lead.length, fromCount: 0, toLine: to - lead.length, toCount: 0, lines: [] };
      for (const { line } of lead) addTo(hunk, { kind: ' ', line });
      hunks.push(hunk);
    }
    if (hunk) addTo(hunk, op);
    quiet = op.kind === ' ' ? quiet + 1 : 0;
    if (op.kind !== '+') from += 1;
    if (op.kind !== '-') to += 1;
  }
  if (hunk) trimTail(hunk, quiet - CONTEXT);
  for (const each of hunks) {
    if (each.fromCount === 0) each.fromLine -= 1;
    if (each.toCount === 0) each.toLine -= 1;
  }
  return hunks;
}

function addTo(hunk: Hunk, { kind, line }: Op): void {
  hunk.lines.push(kind + line);
  if (kind !== '+') hunk.fromCount += 1;
  if (kind !== '-') hunk.toCount += 1;
}

/** Unchanged lines beyond the context were added before it was known that nothing follows. */
function trimTail(hunk: Hunk, count: number): void {
  for (let left = count; left > 0; left -= 1) {
    hunk.lines.pop();
    hunk.fromCount -= 1;
    hunk.toCount -= 1;
  }
}

export const MAX_DIFF_CHARS = 20_000;

/** As unified text, cut off where it would be too much to read. */
export function toUnified(
  hunks: readonly Hunk[],
  maxChars = MAX_DIFF_CHARS,
): { text: string; isCut: boolean } {
  let text = '';
  for (const hunk of hunks) {
    const { fromLine, fromCount, toLine, toCount } = hunk;
    text += `@@ -${fromLine},${fromCount} +${toLine},${toCount} @@\n`;
    for (const line of hunk.lines) {
      text += line.endsWith('\n') ? line : `${line}\n\\ No newline at end of file\n`;
      if (text.length > maxChars) return { text: text.slice(0, maxChars), isCut: true };
    }
  }
  return { text, isCut: false };
}

/** The later text from the earlier one, or null where the diff is not one of this text. */
export function patchLines(before: string, hunks: readonly Hunk[]): string | null {
  const lines = linesOf(before);
  let at = 0;
  let text = '';
  for (const hunk of hunks) {
    const start = hunk.fromCount === 0 ? hunk.fromLine : hunk.fromLine - 1;
    text += lines.slice(at, start).join('');
    at = start;
    for (const line of hunk.lines) {
      if (line[0] !== '-') text += line.slice(1);
      if (line[0] !== '+' && lines[at++] !== line.slice(1)) return null;
    }
  }
  return text + lines.slice(at).join('');
}
