import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { startTestApp, type TestApp } from '../app.ts';
import { openTestDoor, type TestDoor } from '../http-door.ts';
import type { ToDoor } from './protocol.ts';

/** The whole program behind its HTTP door in a process of its own, whose memory is its alone. */
setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

let program: TestApp | null = null;
let door: TestDoor | null = null;

async function obey(message: ToDoor): Promise<unknown> {
  switch (message.order) {
    case 'boot': {
      program = await startTestApp(message.ask.settings);
      door = await openTestDoor(program, message.ask.maxBodyBytes);
      return { origin: door.origin, databaseUrl: program.database.url };
    }
    case 'memory': {
      collectGarbage();
      const { heapUsed, external } = process.memoryUsage();
      return Math.round((heapUsed + external) / 1024 / 1024);
    }
    case 'stop':
      await door?.[Symbol.asyncDispose]();
      await program?.[Symbol.asyncDispose]();
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
