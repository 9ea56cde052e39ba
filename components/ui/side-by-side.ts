type Kind = 'same' | 'gone' | 'come' | 'head';

interface Side {
  kind: Kind;
  text: string;
}

export interface DiffRow {
  left: Side | null;
  right: Side | null;
}

/** A unified difference as rows: what went beside what came in its place. */
export function sideBySide(diff: string): DiffRow[] {
  const rows: DiffRow[] = [];
  let gone: string[] = [];
  let come: string[] = [];
  const settle = () => {
    for (let at = 0; at < Math.max(gone.length, come.length); at += 1)
      rows.push({ left: sideOf('gone', gone[at]), right: sideOf('come', come[at]) });
    gone = [];
    come = [];
  };
  let isInside = false;
  for (const line of diff.replace(/\n$/, '').split('\n')) {
    const isHead = line.startsWith('@@');
    // The names of the files come before the first part; later such lines are content.
    if (!isHead && !isInside) continue;
    isInside = true;
    const text = line.slice(1);
    if (!isHead && line.startsWith('-')) {
      if (come.length > 0) settle();
      gone.push(text);
    } else if (!isHead && line.startsWith('+')) come.push(text);
    else {
      settle();
      const side: Side = isHead ? { kind: 'head', text: line } : { kind: 'same', text };
      rows.push({ left: side, right: side });
    }
  }
  settle();
  return rows;
}

const sideOf = (kind: Kind, text: string | undefined): Side | null =>
  text === undefined ? null : { kind, text };
