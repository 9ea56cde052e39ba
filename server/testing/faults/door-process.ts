import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { startTestServer, type TestServer } from '../http.ts';
import type { ToDoor } from './protocol.ts';

/** The whole program behind its HTTP door in a process of its own, whose memory is its alone. */
setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

let server: TestServer | null = null;

async function obey(message: ToDoor): Promise<unknown> {
  switch (message.order) {
    case 'boot': {
      server = await startTestServer(message.ask.settings, { maxBodyBytes: message.ask.maxBodyBytes });
      return { origin: server.origin, secret: server.secret, databaseUrl: server.program.database.url };
    }
    case 'memory': {
      collectGarbage();
      const { heapUsed, external } = process.memoryUsage();
      return Math.round((heapUsed + external) / 1024 / 1024);
    }
    case 'stop':
      await server?.[Symbol.asyncDispose]();
      return null;
  }
}

process.on('message', (message: ToDoor) => {
  obey(message).then(
    (answer) => process.send?.({ type: 'answer', id: message.id, answer }),
    (error) => process.send?.({ type: 'refused', id: message.id, message: String(error) }),
  );
});
// The test that started it is gone.
process.on('disconnect', () => process.exit(1));
