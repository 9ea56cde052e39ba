export interface DiffLine {
  kind: 'same' | 'gone' | 'new';
  text: string;
}

/** Beyond this, finding the best match would take longer than anybody looks: the middle is told as replaced. */
const MAX_CELLS = 4_000_000;

/** What has to be taken out of one text and put in to get the other, line by line. */
export function diffLines(before: readonly string[], after: readonly string[]): DiffLine[] {
  const least = Math.min(before.length, after.length);
  let head = 0;
  while (head < least && before[head] === after[head]) head++;
  let tail = 0;
  while (tail < least - head && before[before.length - 1 - tail] === after[after.length - 1 - tail]) tail++;
  const same = (lines: readonly string[]): DiffLine[] => lines.map((text) => ({ kind: 'same', text }));
  return [
    ...same(before.slice(0, head)),
    ...diffMiddle(before.slice(head, before.length - tail), after.slice(head, after.length - tail)),
    ...same(tail === 0 ? [] : before.slice(-tail)),
  ];
}

function diffMiddle(before: readonly string[], after: readonly string[]): DiffLine[] {
  const gone = before.map((text): DiffLine => ({ kind: 'gone', text }));
  const fresh = after.map((text): DiffLine => ({ kind: 'new', text }));
  if (before.length === 0 || after.length === 0 || before.length * after.length > MAX_CELLS) {
    return [...gone, ...fresh];
  }
  const longest = commonLengths(before, after);
  const width = after.length + 1;
  const lines: DiffLine[] = [];
  let [left, right] = [0, 0];
  while (left < before.length && right < after.length) {
    const text = before[left] as string;
    if (text === after[right]) {
      lines.push({ kind: 'same', text });
      left++;
      right++;
    } else if ((longest[(left + 1) * width + right] ?? 0) >= (longest[left * width + right + 1] ?? 0)) {
      lines.push({ kind: 'gone', text });
      left++;
    } else {
      lines.push({ kind: 'new', text: after[right] as string });
      right++;
    }
  }
  return [...lines, ...gone.slice(left), ...fresh.slice(right)];
}

/** How many lines the rests of both texts have in common, from each pair of places on. */
function commonLengths(before: readonly string[], after: readonly string[]): Uint32Array {
  const width = after.length + 1;
  const longest = new Uint32Array((before.length + 1) * width);
  for (let left = before.length - 1; left >= 0; left--) {
    for (let right = after.length - 1; right >= 0; right--) {
      const at = left * width + right;
      longest[at] =
        before[left] === after[right]
          ? 1 + (longest[at + width + 1] ?? 0)
          : Math.max(longest[at + width] ?? 0, longest[at + 1] ?? 0);
    }
  }
  return longest;
}

/** Only what changed, with some lines around it; what is left out is counted. */
export function aroundChanges(lines: readonly DiffLine[], context = 3): (DiffLine | { skipped: number })[] {
  const isNear = new Uint8Array(lines.length);
  for (const [at, { kind }] of lines.entries()) {
    if (kind !== 'same') isNear.fill(1, Math.max(0, at - context), at + context + 1);
  }
  const shown: (DiffLine | { skipped: number })[] = [];
  let skipped = 0;
  for (const [at, line] of lines.entries()) {
    if (isNear[at]) {
      if (skipped > 0) shown.push({ skipped });
      skipped = 0;
      shown.push(line);
    } else skipped++;
  }
  return skipped > 0 ? [...shown, { skipped }] : shown;
}
