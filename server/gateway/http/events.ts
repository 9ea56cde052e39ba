import { StringDecoder } from 'node:string_decoder';

/** The messages of an event stream, each as the text that it holds. Comments and other events are left out. */
export async function* eventsOf(body: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new StringDecoder('utf8');
  const lines: string[] = [];
  // Of a line that goes on: a long one is not looked through again with each piece.
  let begun: string[] = [];
  for await (const chunk of body) {
    const text = decoder.write(chunk as Buffer);
    begun.push(text);
    if (!/[\r\n]/.test(text)) continue;
    // A carriage return at the end may be the first half of a line's end.
    const parts = begun.join('').split(/\r\n|\n|\r(?!$)/);
    begun = [parts.pop() ?? ''];
    for (const line of parts) {
      if (line !== '') lines.push(line);
      else {
        const text = messageIn(lines.splice(0));
        if (text !== null) yield text;
      }
    }
  }
}

function messageIn(lines: readonly string[]): string | null {
  const valuesOf = (field: string) =>
    lines.flatMap((line) => {
      if (line === field) return [''];
      if (!line.startsWith(`${field}:`)) return [];
      const value = line.slice(field.length + 1);
      return [value.startsWith(' ') ? value.slice(1) : value];
    });
  const data = valuesOf('data');
  const kind = valuesOf('event').at(-1) ?? 'message';
  return data.length > 0 && kind === 'message' ? data.join('\n') : null;
}
