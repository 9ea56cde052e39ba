import { closeSync, openSync, writeSync } from 'node:fs';

const PIECE_CHARS = 1_000_000;

/** Lines for DuckDB to read, written in large pieces. */
export interface LineFile {
  add(line: string): void;
  close(): void;
}

export function createLineFile(path: string): LineFile {
  const file = openSync(path, 'w', 0o600);
  let waiting: string[] = [];
  let chars = 0;
  const flush = () => {
    if (waiting.length > 0) writeSync(file, `${waiting.join('\n')}\n`);
    waiting = [];
    chars = 0;
  };
  return {
    add(line) {
      waiting.push(line);
      chars += line.length;
      if (chars > PIECE_CHARS) flush();
    },
    close() {
      flush();
      closeSync(file);
    },
  };
}
