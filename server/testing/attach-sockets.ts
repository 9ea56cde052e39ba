import { createGate } from '#server/api/http/gate.ts';
import { attachSockets, type Sockets } from '#server/api/sockets/sockets.ts';
import { createSocketSignIn } from '#server/identity/socket-sign-in.ts';
import type { TestApp } from './app.ts';
import type { TestDoors } from './http.ts';

/** The live doors of a process beside its others, as `server/main.ts` opens them; what goes wrong there fails the test. */
export function attachTestSockets(
  { server }: Pick<TestDoors, 'server'>,
  { services, isShared = false }: { services: TestApp['services']; isShared?: boolean },
): Sockets {
  const sockets = attachSockets({
    ...{ server, gate: createGate({}), now: Date.now, isShared },
    authenticate: createSocketSignIn(() => services.identity, Date.now),
    limits: { max: 500, perAddress: 500 },
    services: () => services,
    feed: () => services.live,
    onTrouble: (message, error) => {
      throw new Error(message, { cause: error });
    },
  });
  sockets.follow(services.identity.access.onChange);
  return sockets;
}
