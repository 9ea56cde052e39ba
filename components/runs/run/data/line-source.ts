/** A text by its lines, wherever it is kept. Lines that go on and on are cut into rows, so that none is lost. */
export interface LineSource {
  rows: number;
  /** Those that the text itself has. */
  lines: number;
  read(from: number, to: number): string[] | Promise<string[]>;
  close(): void;
}

/** About as many as a wide window shows beside each other. */
const ROW_CHARS = 140;

/** Where each row begins and ends, as pairs. */
export function rowsOf(text: string): Uint32Array {
  let places = new Uint32Array(1024);
  let used = 0;
  const add = (from: number, to: number) => {
    if (used + 2 > places.length) {
      const wider = new Uint32Array(places.length * 2);
      wider.set(places);
      places = wider;
    }
    places[used++] = from;
    places[used++] = to;
  };
  let from = 0;
  while (from <= text.length) {
    const newline = text.indexOf('\n', from);
    const end = newline === -1 ? text.length : newline;
    // Rows of one line; an empty line is a row too.
    let start = from;
    do {
      const stop = Math.min(start + ROW_CHARS, end);
      add(start, stop);
      start = stop;
    } while (start < end);
    if (newline === -1) break;
    from = newline + 1;
  }
  return places.slice(0, used);
}

export function readRows(
  text: string,
  places: Uint32Array,
  { from, to }: { from: number; to: number },
): string[] {
  const last = Math.min(to, places.length / 2);
  const rows: string[] = [];
  for (let row = Math.max(from, 0); row < last; row++)
    rows.push(text.slice(places[row * 2], places[row * 2 + 1]));
  return rows;
}

/** A row begins a line where nothing or a newline is before it. */
export function countLines(text: string, places: Uint32Array): number {
  let lines = 0;
  for (let at = 0; at < places.length; at += 2) {
    const from = places[at] ?? 0;
    if (from === 0 || text.charCodeAt(from - 1) === NEWLINE) lines++;
  }
  return lines;
}

const NEWLINE = 10;

/** JSON is laid out for reading; what is none, or is not whole, stays as it is. */
export function layOut(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}

export function openText(text: string): LineSource {
  const places = rowsOf(text);
  return {
    rows: places.length / 2,
    lines: countLines(text, places),
    read: (from, to) => readRows(text, places, { from, to }),
    close: () => undefined,
  };
}
