import { StringDecoder } from 'node:string_decoder';

/** Characters encoded at once: a large text is never there a second time as bytes. */
const SLICE = 256 * 1024;

export async function* encodeText(text: string): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < text.length; ) {
    let end = Math.min(at + SLICE, text.length);
    // Not between the two halves of one character.
    if (end < text.length && isHighSurrogate(text.charCodeAt(end - 1))) end += 1;
    yield Buffer.from(text.slice(at, end), 'utf8');
    at = end;
  }
}

const isHighSurrogate = (code: number): boolean => code >= 0xd800 && code <= 0xdbff;

/** Decoded as it comes, so that the bytes need not be kept beside the text. */
export async function decodeText(content: AsyncIterable<Uint8Array>): Promise<string> {
  const decoder = new StringDecoder('utf8');
  let text = '';
  for await (const chunk of content) {
    text += decoder.write(Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength));
  }
  return text + decoder.end();
}
