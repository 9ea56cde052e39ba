import type { Peers } from '../connections/peers.ts';
import type { Standing } from '../connections/sessions.ts';
import type { Connection } from '../tenant/directory.ts';

/** A place among what is under way at a server, unless it is left alone just now. Answers with how to leave. */
export async function takePlace(
  { peers, standing }: { peers: Peers; standing: Standing },
  connection: Connection,
  signal: AbortSignal,
): Promise<() => void> {
  await peers.join(connection.id);
  const places = Math.max(1, Math.floor(connection.maxConcurrent / peers.countOf(connection.id)));
  const leave = await standing.gate.enter(places, signal);
  try {
    standing.breaker.admit();
    return leave;
  } catch (error) {
    leave();
    throw error;
  }
}
