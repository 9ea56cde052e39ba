import { invalidInput, shown } from '../engine/failures.ts';

const MARK = Buffer.from('PAR1');
const ENCRYPTED_MARK = Buffer.from('PARE');
/** The mark at both ends, and the length of the footer before the last one. */
const SMALLEST = 12;
const SHOWN_BYTES = 16;

const AGAIN = 'Make or upload it again.';

export const isParquet = (bytes: Buffer): boolean => bytes.subarray(0, MARK.length).equals(MARK);

const badParquet = (message: string) => invalidInput('BAD_PARQUET', message);

/** What its outside says: a file of another kind, one that is encrypted, or one that came in part. */
export function checkParquet(bytes: Buffer): void {
  if (bytes.length === 0) throw badParquet('The file is empty, so it is no Parquet file.');
  if (bytes.subarray(0, ENCRYPTED_MARK.length).equals(ENCRYPTED_MARK)) {
    throw badParquet(
      'The Parquet file is encrypted, and there is no key to read it with. Give it unencrypted.',
    );
  }
  if (!isParquet(bytes)) {
    const start = shown(bytes.toString('latin1', 0, SHOWN_BYTES));
    throw badParquet(
      `This is not a Parquet file: one begins with PAR1, and this begins with ${start}. Name the format that it has, or leave the format out.`,
    );
  }
  const size = bytes.length.toLocaleString('en');
  if (bytes.length < SMALLEST || !bytes.subarray(-MARK.length).equals(MARK)) {
    throw badParquet(
      `The Parquet file is cut off: after ${size} bytes it ends without its last part, which says what is in it. ${AGAIN}`,
    );
  }
  const footer = bytes.readUInt32LE(bytes.length - 2 * MARK.length);
  if (footer === 0 || footer > bytes.length - SMALLEST) {
    throw badParquet(
      `The Parquet file is damaged: its last part should be ${footer.toLocaleString('en')} bytes long, and the file has ${size}. ${AGAIN}`,
    );
  }
}

export const badParquetInside = (what: string) => badParquet(`The Parquet file is damaged: ${what} ${AGAIN}`);
