import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * The driver for Postgres, mended after it was installed (postgres 3.4.9). When a connection is cut
 * inside a transaction, the `rollback` and whatever else is still sent there go to a socket that is gone, on a timer
 * where nobody can catch the error, so the process ends; or they mix with the greeting of the next connection, which
 * then waits for ever. And bytes that had not gone out, with the timer that should send them, outlive the connection. And
 * what is sent between the error of a socket and its end is forgotten but stays in line: it would be given the answers
 * of whatever is asked first on the next connection.
 *
 * And a connection that dies without a word (its packets go nowhere) is noticed by TCP after a quarter of an hour. Where
 * a `statement_timeout` says by when the server answers at the latest, a connection that owes an answer and has said
 * nothing for a quarter longer is closed, and what was asked on it fails as on any that was cut. What the process itself
 * slept through, and what has come meanwhile, is looked at first.
 */
const REPAIRS = [
  {
    broken: "    if (stream)\n      return queryError(q, Errors.generic('COPY_IN_PROGRESS'",
    mended:
      '    if (!socket || (initial && q !== initial && q.handler !== execute))\n' +
      "      return queryError(q, Errors.connection('CONNECTION_CLOSED', options)), true\n\n" +
      "    if (stream)\n      return queryError(q, Errors.generic('COPY_IN_PROGRESS'",
  },
  {
    broken: "    clearImmediate(nextWriteTimer)\n    socket.removeListener('data', data)\n",
    mended:
      "    clearImmediate(nextWriteTimer)\n    chunk = nextWriteTimer = null\n    socket.removeListener('data', data)\n",
  },
  {
    broken:
      "    !hadError && (query || sent.length) && error(Errors.connection('CONNECTION_CLOSED', options, socket))\n",
    mended:
      "    if (query || sent.length)\n      error(Errors.connection('CONNECTION_CLOSED', options, socket))\n\n" +
      '    query = results = errorResponse = null\n',
  },
  {
    broken: '      , connectTimer = timer(connectTimedOut, options.connect_timeout)\n',
    mended:
      '      , connectTimer = timer(connectTimedOut, options.connect_timeout)\n' +
      '      , silenceTimer = timer(silent, options.connection.statement_timeout / 800)\n',
  },
  {
    broken: '  function write(x, fn) {\n',
    mended:
      '  function silent(of = socket, heard = of && of.bytesRead) {\n' +
      '    setImmediate(() => of && of === socket && of.bytesRead === heard && of.destroy())\n' +
      '  }\n\n' +
      '  function write(x, fn) {\n' +
      '    silenceTimer.start()\n',
  },
  {
    broken: '  function data(x) {\n    if (incomings) {\n',
    mended:
      '  function data(x) {\n' +
      '    silenceTimer.start()\n' +
      '    take(x)\n' +
      '    query || sent.length || initial || silenceTimer.cancel()\n' +
      '  }\n\n' +
      '  function take(x) {\n    if (incomings) {\n',
  },
  {
    broken: '    lifeTimer.cancel()\n    connectTimer.cancel()\n\n    socket.removeAllListeners()\n',
    mended:
      '    lifeTimer.cancel()\n    connectTimer.cancel()\n    silenceTimer.cancel()\n\n    socket.removeAllListeners()\n',
  },
];

/** Says whether the driver is as it should be now; another version of it is left alone. */
export function mendDriver(modules) {
  const file = join(modules, 'postgres/src/connection.js');
  if (!existsSync(file)) return false;
  const before = readFileSync(file, 'utf8');
  let text = before;
  for (const { broken, mended } of REPAIRS) {
    if (text.includes(mended)) continue;
    if (!text.includes(broken)) return false;
    text = text.replace(broken, mended);
  }
  if (text !== before) writeFileSync(file, text);
  return true;
}
