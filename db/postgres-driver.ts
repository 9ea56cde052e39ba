import { registerHooks } from 'node:module';

/**
 * The driver, mended in two places of its `connection.js` as it is loaded (postgres 3.4.9). When a connection is cut
 * inside a transaction, the `rollback` and whatever else is still sent there go to a socket that is gone, on a timer
 * where nobody can catch the error, so the process ends; or they mix with the greeting of the next connection, which
 * then waits for ever. And bytes that had not gone out, with the timer that should send them, outlive the connection.
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
];

let isMended = false;
const hooks = registerHooks({
  load(url, context, next) {
    const loaded = next(url, context);
    if (!url.endsWith('/postgres/src/connection.js')) return loaded;
    const before = Buffer.from(loaded.source as Uint8Array).toString('utf8');
    const source = REPAIRS.reduce((text, { broken, mended }) => text.replace(broken, mended), before);
    isMended = REPAIRS.every(({ mended }) => source.includes(mended));
    return { ...loaded, source };
  },
});
const driver = await import('postgres');
hooks.deregister();
if (!isMended) {
  throw new Error(
    'The driver for Postgres was loaded before it could be mended, or is another version. Import it through db/client.ts only; after an upgrade see whether db/postgres-driver.ts is still needed.',
  );
}

export const postgres = driver.default;
