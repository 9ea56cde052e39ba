import { crc32 } from 'node:zlib';

export interface Entry {
  path: string;
  content: Buffer;
}

// Nothing is squeezed here, and no moment is written down: the same files make the same bytes on every machine and by every
// version of zlib, so what a lock file says of an archive stays true.

const BLOCK = 512;
const MAX_STORED = 0xffff;
/** The mode of a file that all may read, in the archives' octal digits. */
const MODE = 0o644;

export function tarGz(entries: readonly Entry[]): Buffer {
  const parts = entries.flatMap(({ path, content }) => [
    tarHeader(path, content.length),
    content,
    Buffer.alloc(-content.length & (BLOCK - 1)),
  ]);
  return gzipStored(Buffer.concat([...parts, Buffer.alloc(2 * BLOCK)]));
}

/** As POSIX has it (ustar). */
function tarHeader(path: string, size: number): Buffer {
  if (Buffer.byteLength(path) > 100) throw new Error(`${path} is too long for the header of a tar.`);
  const header = Buffer.alloc(BLOCK);
  const octal = (value: number, digits: number) => `${value.toString(8).padStart(digits, '0')}\0`;
  header.write(path, 0);
  header.write(octal(MODE, 7), 100);
  header.write(octal(0, 7), 108);
  header.write(octal(0, 7), 116);
  header.write(octal(size, 11), 124);
  header.write(octal(0, 11), 136);
  // The sum is made with spaces in its own place.
  header.write(' '.repeat(8), 148);
  header.write('0', 156);
  header.write('ustar\x0000', 257, 'latin1');
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  return header;
}

/** RFC 1952 around stored blocks of RFC 1951. */
function gzipStored(content: Buffer): Buffer {
  const header = Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255]);
  const blocks: Buffer[] = [];
  for (let at = 0; at < content.length; at += MAX_STORED) {
    const piece = content.subarray(at, at + MAX_STORED);
    const isLast = at + MAX_STORED >= content.length;
    blocks.push(littleEndian([1, isLast ? 1 : 0], [2, piece.length], [2, ~piece.length & 0xffff]), piece);
  }
  return Buffer.concat([header, ...blocks, littleEndian([4, crc32(content)], [4, content.length])]);
}

/** The first day that the format knows: 1 January 1980. */
const DAY = 0x21;
const VERSION = 20;
const MADE_ON_UNIX = (3 << 8) | VERSION;

export function zip(entries: readonly Entry[]): Buffer {
  const files: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const { path, content } of entries) {
    const name = Buffer.from(path);
    const size = content.length;
    // Version, flags, method (stored), time, day, sum, both sizes, lengths of the name and of the extra field.
    const about = littleEndian(
      ...([
        [2, VERSION],
        [2, 0],
        [2, 0],
        [2, 0],
        [2, DAY],
      ] as const),
      ...([
        [4, crc32(content)],
        [4, size],
        [4, size],
        [2, name.length],
        [2, 0],
      ] as const),
    );
    const local = Buffer.concat([littleEndian([4, 0x04034b50]), about, name, content]);
    files.push(local);
    // Comment, disk, kind of text, permissions as Unix has them, and where the file begins.
    const place = littleEndian([2, 0], [2, 0], [2, 0], [4, (0o100000 | MODE) * 0x10000], [4, offset]);
    directory.push(littleEndian([4, 0x02014b50], [2, MADE_ON_UNIX]), about, place, name);
    offset += local.length;
  }
  const index = Buffer.concat(directory);
  const count = entries.length;
  const end = littleEndian(
    ...([
      [4, 0x06054b50],
      [2, 0],
      [2, 0],
      [2, count],
      [2, count],
    ] as const),
    ...([
      [4, index.length],
      [4, offset],
      [2, 0],
    ] as const),
  );
  return Buffer.concat([...files, index, end]);
}

/** Numbers one after the other, each with how many bytes it has. */
function littleEndian(...numbers: readonly (readonly [bytes: 1 | 2 | 4, value: number])[]): Buffer {
  return Buffer.concat(
    numbers.map(([bytes, value]) => {
      const buffer = Buffer.alloc(bytes);
      buffer.writeUIntLE(value >>> 0, 0, bytes);
      return buffer;
    }),
  );
}
