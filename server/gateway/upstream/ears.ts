import type { Client } from '@modelcontextprotocol/client';

/** Who listens to changes of single resources of one server. A server is told once, however many listen. */
export interface Ears {
  /** Resolves when the server knows. */
  listen(uri: string, changed: () => void): Promise<() => void>;
}

interface Ear {
  listeners: Set<() => void>;
  /** How to tell the server that nobody listens any more. */
  opened: Promise<() => Promise<unknown>>;
}

const TIMEOUT_MS = 10_000;

export function createEars(client: Client): Ears {
  const ears = new Map<string, Ear>();
  client.setNotificationHandler('notifications/resources/updated', ({ params: { uri } }) => {
    for (const listener of ears.get(uri)?.listeners ?? []) listener();
  });

  async function open(uri: string): Promise<() => Promise<unknown>> {
    if (client.getProtocolEra() === 'modern') {
      const stream = await client.listen({ resourceSubscriptions: [uri] }, { timeout: TIMEOUT_MS });
      return () => stream.close();
    }
    await client.subscribeResource({ uri }, { timeout: TIMEOUT_MS });
    return () => client.unsubscribeResource({ uri }, { timeout: TIMEOUT_MS });
  }

  return {
    async listen(uri, changed) {
      const ear = ears.get(uri) ?? { listeners: new Set(), opened: open(uri) };
      ears.set(uri, ear);
      // Each its own, should one listen twice.
      const listener = () => changed();
      ear.listeners.add(listener);
      const stop = () => {
        if (!ear.listeners.delete(listener) || ear.listeners.size > 0) return;
        if (ears.get(uri) === ear) ears.delete(uri);
        // A session that has ended listens to nothing anyway.
        ear.opened.then((close) => close()).catch(() => undefined);
      };
      try {
        await ear.opened;
        return stop;
      } catch (error) {
        stop();
        throw error;
      }
    },
  };
}
