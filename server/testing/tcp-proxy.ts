import { connect, createServer, type Socket } from 'node:net';

export interface TcpProxy {
  port: number;
  /** Cuts every connection, without a goodbye. */
  cut(): void;
  /** While true, new connections are cut at once. */
  refuse(yes: boolean): void;
  /** While true, bytes from the server vanish; the client sees an open, silent connection, which stays so: no line loses a part. */
  swallowAnswers(yes: boolean): void;
  /** Bytes from the server arrive this much later. */
  delayAnswers(ms: number): void;
  /** Bytes that clients have sent through. */
  sentBytes(): number;
  /** How often the server has said this from now on, on any connection. */
  countAnswers(text: string): () => number;
  close(): Promise<void>;
}

/** Stands between a client and its server and misbehaves as told. */
export async function startTcpProxy(target: { host: string; port: number }): Promise<TcpProxy> {
  const pairs = new Set<{ client: Socket; server: Socket }>();
  let refusing = false;
  let swallowing = false;
  let delayMs = 0;
  let sent = 0;
  const listeners = new Set<(chunk: Buffer, of: Socket) => void>();

  const listener = createServer((client) => {
    if (refusing) {
      client.destroy();
      return;
    }
    const server = connect(target.port, target.host);
    client.setNoDelay(true);
    server.setNoDelay(true);
    const pair = { client, server };
    pairs.add(pair);
    const end = (): void => {
      pairs.delete(pair);
      client.destroy();
      server.destroy();
    };
    for (const socket of [client, server]) socket.on('error', end).on('close', end);
    client.on('data', (chunk) => {
      sent += chunk.byteLength;
      // The server's back-pressure must reach the client.
      if (!server.write(chunk)) {
        client.pause();
        server.once('drain', () => client.resume());
      }
    });
    let isSilent = false;
    server.on('data', (chunk) => {
      for (const listen of listeners) listen(chunk, server);
      isSilent ||= swallowing;
      if (isSilent) return;
      if (delayMs > 0) setTimeout(() => client.destroyed || client.write(chunk), delayMs);
      else client.write(chunk);
    });
  });
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
  const address = listener.address();

  const cut = (): void => {
    for (const { client, server } of [...pairs]) {
      client.destroy();
      server.destroy();
    }
  };
  return {
    port: typeof address === 'object' && address ? address.port : 0,
    cut,
    refuse(yes) {
      refusing = yes;
    },
    swallowAnswers(yes) {
      swallowing = yes;
    },
    delayAnswers(ms) {
      delayMs = ms;
    },
    sentBytes: () => sent,
    countAnswers(text) {
      let count = 0;
      // A word may be cut in two by the line.
      const ends = new WeakMap<Socket, string>();
      listeners.add((chunk, of) => {
        const said = (ends.get(of) ?? '') + chunk.toString('latin1');
        count += said.split(text).length - 1;
        ends.set(of, said.slice(said.lastIndexOf(text) + 1).slice(1 - text.length));
      });
      return () => count;
    },
    async close() {
      cut();
      await new Promise((resolve) => listener.close(resolve));
    },
  };
}
