import { connect, createServer } from 'node:net';

/** A port that is free now. Someone else may take it before its user does; that user then says so. */
export function findFreePort() {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const { port } = probe.address();
      probe.close(() => resolve(port));
    });
  });
}

/**
 * Connects, sends, and hands back the first bytes of the answer; undefined when nobody answers in time.
 * @param {{ host?: string, port: number, send: string | Buffer, timeoutMs?: number }} options
 * @returns {Promise<Buffer | undefined>}
 */
export function askSocket({ host = '127.0.0.1', port, send, timeoutMs = 2000 }) {
  return new Promise((resolve) => {
    const socket = connect({ host, port });
    const end = (answer) => {
      socket.destroy();
      resolve(answer);
    };
    socket.setTimeout(timeoutMs, () => end(undefined));
    socket.once('error', () => end(undefined));
    socket.once('close', () => end(undefined));
    socket.once('connect', () => socket.write(send));
    socket.once('data', end);
  });
}
