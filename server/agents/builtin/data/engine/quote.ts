import type { Json } from '#server/domain/json.ts';

/** Every name and value that reaches SQL text goes through one of these two. */
export function quoteName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

export function quoteText(text: string): string {
  // A NUL would end the statement in the C API, and with it the quote.
  if (text.includes('\0')) throw new Error('A text for SQL may not hold a NUL character.');
  return `'${text.replaceAll("'", "''")}'`;
}

export function quoteScalar(value: Json): string {
  if (value === null) return 'NULL';
  if (typeof value === 'boolean') return value ? 'TRUE' : 'FALSE';
  if (typeof value === 'number') {
    if (Number.isSafeInteger(value)) return String(value);
    return `CAST(${quoteText(String(value))} AS DOUBLE)`;
  }
  if (typeof value === 'string') return quoteText(value);
  throw new Error('Only null, true, false, numbers and text can stand in a condition.');
}

export function quoteList(values: readonly Json[]): string {
  return `(${values.map(quoteScalar).join(', ')})`;
}

/** A name based on `wanted` that none of `taken` bears (DuckDB compares names without case). */
export function freshName(wanted: string, taken: Iterable<string>): string {
  const lower = new Set([...taken].map((name) => name.toLowerCase()));
  if (!lower.has(wanted.toLowerCase())) return wanted;
  for (let n = 1; ; n += 1) {
    const candidate = `${wanted}_${n}`;
    if (!lower.has(candidate.toLowerCase())) return candidate;
  }
}

const MAX_NAME_CHARS = 255;

/** Names as they come from a file's header or JSON keys, made usable: none empty, none twice. */
export function usableNames(raw: readonly string[]): string[] {
  const taken = new Set<string>();
  const counters = new Map<string, number>();
  return raw.map((text, index) => {
    const base = [...text.replaceAll('\0', '')].slice(0, MAX_NAME_CHARS).join('') || `column_${index + 1}`;
    let name = base;
    let n = counters.get(base.toLowerCase()) ?? 0;
    while (taken.has(name.toLowerCase())) {
      n += 1;
      name = `${base}_${n}`;
    }
    counters.set(base.toLowerCase(), n);
    taken.add(name.toLowerCase());
    return name;
  });
}
