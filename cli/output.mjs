// @ts-check
/** @typedef {ReturnType<typeof createOutput>} Output */

const BAR = 24;

/**
 * What people read, or one JSON for each thing where a program does.
 * @param {{ isJson: boolean, stdout?: NodeJS.WriteStream, stderr?: NodeJS.WriteStream }} options
 */
export function createOutput({ isJson, stdout = process.stdout, stderr = process.stderr }) {
  let drawn = 0;
  return {
    isJson,
    isLive: !isJson && stdout.isTTY === true,
    /** @param {string} text */
    line: (text) => void stdout.write(`${cleanLines(text)}\n`),
    /** Said beside what is printed, so that a program that reads that is not disturbed. @param {string} text */
    remark: (text) => void stderr.write(`${cleanLines(text)}\n`),
    /** What is kept in a file as a rule: to the letter, unless a terminal shows it. @param {string} text */
    document: (text) => void stdout.write(`${stdout.isTTY ? cleanLines(text) : text}\n`),
    /** @param {unknown} value */
    json: (value) => void stdout.write(`${JSON.stringify(value)}\n`),
    /** As JSON, or as rows under their names. @param {any[]} items @param {Record<string, (item: any) => unknown>} columns */
    list(items, columns) {
      if (isJson) {
        stdout.write(`${JSON.stringify(items)}\n`);
        return;
      }
      const names = Object.keys(columns);
      const rows = [names, ...items.map((item) => names.map((name) => String(columns[name]?.(item) ?? '')))];
      const widths = names.map((_, at) => Math.max(...rows.map((row) => row[at]?.length ?? 0)));
      for (const row of rows) {
        const cells = row.map((cell, at) => clean(cell).padEnd(widths[at] ?? 0));
        stdout.write(`${cells.join('  ').trimEnd()}\n`);
      }
      if (items.length === 0) stdout.write('(none)\n');
    },
    /** Draws over what it drew before. @param {string[]} lines */
    redraw(lines) {
      const up = drawn > 0 ? `\u001b[${drawn}A` : '';
      const width = stdout.columns ?? 80;
      stdout.write(up + lines.map((text) => `\u001b[2K${text.slice(0, width)}\n`).join(''));
      drawn = lines.length;
    },
  };
}

/** @param {number} fraction */
export function bar(fraction) {
  const full = Math.round(Math.min(Math.max(fraction, 0), 1) * BAR);
  return `${'█'.repeat(full)}${'░'.repeat(BAR - full)}`;
}

/** What agents say may hold what a terminal would obey. @param {string} text */
export function clean(text) {
  return [...text].map((letter) => (isControl(letter) ? '\uFFFD' : letter)).join('');
}

/** Of several lines, which stay lines. @param {string} text */
export const cleanLines = (text) => text.split('\n').map(clean).join('\n');

/** JSON for people to read: what a terminal would obey is written as JSON escapes it, so it says the same. @param {unknown} value */
export const prettyJson = (value) =>
  (JSON.stringify(value, null, 2) ?? 'null').replace(
    /[\u007f-\u009f]/g,
    (letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );

/** @param {string} letter */
function isControl(letter) {
  const code = letter.codePointAt(0) ?? 0;
  return (code < 32 && letter !== '\t') || (code >= 127 && code < 160);
}
