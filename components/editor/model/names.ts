const MAX_KEY = 63;

/** A key for a new stage: from what it is called, and not taken. */
export function makeKey(wish: string, taken: ReadonlySet<string>): string {
  const base =
    wish
      .toLowerCase()
      .replace(/[^a-z0-9_-]+/g, '-')
      .replace(/^[-0-9]+|-+$/g, '')
      .slice(0, MAX_KEY - 5) || 'stage';
  const stem = taken.has(base) ? base.replace(/-\d+$/, '') : base;
  let key = base;
  for (let count = 2; taken.has(key); count += 1) key = `${stem}-${count}`;
  return key;
}

/** The next free of `n1`, `n2`, …: short, as they stand in the text, and the same for the same document. */
export function makeId(letter: 'n' | 'g', taken: Iterable<{ id: string }>): string {
  const known = new Set([...taken].map(({ id }) => id));
  let count = known.size + 1;
  while (known.has(`${letter}${count}`)) count += 1;
  return `${letter}${count}`;
}
