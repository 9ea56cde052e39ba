export interface Span {
  text: string;
  /** 30 to 37 and 90 to 97, as terminals number them. */
  colour: number | undefined;
  bold: boolean;
  dim: boolean;
  underline: boolean;
}

/** Sequences that colour, and all others, which are taken out: a log must not move a cursor or set a title here. */
const ESCAPES =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what it is about
  /\u001b\[([0-9;:]*)m|\u001b\[[0-?]*[ -/]*[@-~]|\u001b\][^\u0007\u001b]*(?:\u0007|\u001b\\)?|\u001b[ -/]*[0-~]?|[\u0000-\u0008\u000b-\u001a\u001c-\u001f\u007f]/g;

/** A line with the colours of a terminal as spans of text: never as markup. */
export function readAnsi(line: string): Span[] {
  const spans: Span[] = [];
  let style: Omit<Span, 'text'> = PLAIN;
  let from = 0;
  const add = (to: number) => {
    const text = line.slice(from, to);
    if (text !== '') spans.push({ text, ...style });
  };
  for (const found of line.matchAll(ESCAPES)) {
    add(found.index);
    from = found.index + found[0].length;
    if (found[1] !== undefined) style = apply(style, found[1].split(/[;:]/).map(Number));
  }
  add(line.length);
  return spans;
}

const PLAIN = { colour: undefined, bold: false, dim: false, underline: false };

function apply(style: Omit<Span, 'text'>, codes: readonly number[]): Omit<Span, 'text'> {
  let next = style;
  for (let at = 0; at < codes.length; at++) {
    const code = codes[at] ?? 0;
    // A colour out of 256 or of millions: ours are few and have to be readable, so the text stays as it is.
    if (code === 38 || code === 48) at += codes[at + 1] === 5 ? 2 : 4;
    else if (code === 0) next = PLAIN;
    else if (code === 1) next = { ...next, bold: true };
    else if (code === 2) next = { ...next, dim: true };
    else if (code === 4) next = { ...next, underline: true };
    else if (code === 22) next = { ...next, bold: false, dim: false };
    else if (code === 24) next = { ...next, underline: false };
    else if (code === 39) next = { ...next, colour: undefined };
    else if ((code >= 30 && code <= 37) || (code >= 90 && code <= 97)) next = { ...next, colour: code };
  }
  return next;
}
