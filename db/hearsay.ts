import { setTimeout } from 'node:timers/promises';
import postgres from 'postgres';
import { COMMON, type DatabaseOptions, placeOf, type Sql } from './client.ts';

/** Rare news between processes that share a database and nothing else. Never for what the engine's commits do: NOTIFY makes them wait for each other. */
export interface Hearsay {
  /** Rejects when the database is away. Whoever says it hears it too. */
  tell(message: string): Promise<void>;
  /** `onGap`: some may have been missed, since nobody listened for a moment. Returns how to stop. */
  listen(onMessage: (message: string) => void, onGap: () => void): Promise<() => Promise<void>>;
}

const RETRY_MS = 500;

/** `channel` is a name of ours and no input: it stands in the statement as it is. */
export function createHearsay(
  channel: string,
  { sql, url, applicationName }: { sql: Sql } & Pick<DatabaseOptions, 'url' | 'applicationName'>,
): Hearsay {
  return {
    async tell(message) {
      await sql`SELECT pg_notify(${channel}, ${message})`;
    },
    async listen(onMessage, onGap) {
      const state = { isStopped: false, isTrying: false };
      // The library's own way to listen gives up when the first try after a cut fails.
      const line = postgres(url, {
        ...{ ...COMMON, ...placeOf(url), ...hearing(onMessage) },
        ...{ max: 1, max_lifetime: null, connection: { application_name: applicationName } },
        onclose: () => void listenAgain(),
        onnotice: () => undefined,
      });
      const begin = () => line.unsafe(`LISTEN ${channel}`).execute();

      async function listenAgain(): Promise<void> {
        if (state.isTrying) return;
        state.isTrying = true;
        while (!(state.isStopped || (await begin().then(succeeded, failed)))) await setTimeout(RETRY_MS);
        state.isTrying = false;
        if (!state.isStopped) onGap();
      }

      await begin();
      return async () => {
        state.isStopped = true;
        await line.end({ timeout: 1 });
      };
    },
  };
}

const succeeded = () => true;
const failed = () => false;

/** The library has it for its own way to listen, and its types do not. */
const hearing = (onMessage: (message: string) => void): object => ({
  onnotify: (_channel: string, message: string) => onMessage(message),
});
