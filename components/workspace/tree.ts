import { LOCALE } from '../ui/language.ts';

export interface TreeEntry<File> {
  key: string;
  name: string;
  depth: number;
  /** Left out: a folder. */
  file?: File;
}

/** Paths as a tree in reading order: each folder once, before what is in it. */
export function toTree<File extends { path: string }>(files: readonly File[]): TreeEntry<File>[] {
  const entries: TreeEntry<File>[] = [];
  const seen = new Set<string>();
  const inOrder = files.toSorted((a, b) => compareSteps(a.path.split('/'), b.path.split('/')));
  for (const file of inOrder) {
    const steps = file.path.split('/');
    for (let depth = 0; depth < steps.length - 1; depth += 1) {
      const key = `${steps.slice(0, depth + 1).join('/')}/`;
      if (seen.has(key)) continue;
      seen.add(key);
      entries.push({ key, name: steps[depth] ?? '', depth });
    }
    entries.push({ key: file.path, name: steps.at(-1) ?? '', depth: steps.length - 1, file });
  }
  return entries;
}

/** Step by step, so that a folder's files stay together whatever signs its neighbours begin with. */
function compareSteps(a: readonly string[], b: readonly string[]): number {
  for (let at = 0; at < Math.min(a.length, b.length); at += 1) {
    const order = (a[at] ?? '').localeCompare(b[at] ?? '', LOCALE);
    if (order !== 0) return order;
  }
  return a.length - b.length;
}
