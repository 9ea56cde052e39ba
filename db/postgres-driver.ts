import { registerHooks } from 'node:module';

/**
 * The driver, with two lines of its `connection.js` mended as it is loaded. In postgres 3.4.9 a statement that is sent
 * inside a transaction whose connection has just been cut is written to a socket that is gone, on a timer where nobody
 * can catch it, and ends the process; and bytes that were waiting go out on the next connection.
 */
const REPAIRS = [
  {
    broken: 'function nextWrite(fn) {\n',
    mended:
      'function nextWrite(fn) {\n    if (!socket) { clearImmediate(nextWriteTimer); chunk = nextWriteTimer = null; return false }\n',
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
