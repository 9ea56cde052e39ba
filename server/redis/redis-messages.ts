import type { RedisClient } from './connect.ts';
import type { HotState, MessageHandler } from './port.ts';
import { makeSubscriptions } from './subscriptions.ts';

export interface RedisMessagesOptions {
  commands: RedisClient;
  /** A connection that only listens. */
  listener: RedisClient;
  /** Tells our own messages when they come back; we have delivered them already. */
  origin: string;
  note: (error: Error) => void;
  onHandlerError: (error: unknown) => void;
}

export interface RedisMessages
  extends Pick<HotState, 'publish' | 'subscribe' | 'subscribePattern' | 'onGap'> {
  /** Redis knows all our subscriptions. */
  subscribed(): boolean;
}

/** `sb1:<origin>:<message>`; anything else comes from a foreign publisher and is taken as it is. */
const ENVELOPE = /^sb1:([0-9a-f-]{36}):/;

/**
 * A message reaches this process at once and others through Redis, so one process alone goes on working while Redis
 * is away. What others said in that time is lost, and `onGap` says so.
 */
export function makeRedisMessages(options: RedisMessagesOptions): RedisMessages {
  const { commands, listener, origin, note } = options;
  const subscriptions = makeSubscriptions(options.onHandlerError);
  const gapListeners = new Set<() => void>();
  let everReady = false;
  let complete = false;

  const fromOthers = (raw: string): string | null => {
    const match = ENVELOPE.exec(raw);
    if (!match) return raw;
    return match[1] === origin ? null : raw.slice(match[0].length);
  };

  listener.on('message', (channel: string, raw: string) => {
    const message = fromOthers(raw);
    if (message !== null) subscriptions.deliverTo({ kind: 'channel', name: channel }, channel, message);
  });
  listener.on('pmessage', (pattern: string, channel: string, raw: string) => {
    const message = fromOthers(raw);
    if (message !== null) subscriptions.deliverTo({ kind: 'pattern', name: pattern }, channel, message);
  });

  const tellRedis = (kind: 'channel' | 'pattern', names: string[]): Promise<unknown> =>
    kind === 'channel' ? listener.subscribe(...names) : listener.psubscribe(...names);

  const subscribeAll = async (): Promise<void> => {
    for (const kind of ['channel', 'pattern'] as const) {
      const names = subscriptions.names(kind);
      if (names.length > 0) await tellRedis(kind, names);
    }
    complete = true;
    if (everReady) for (const tell of gapListeners) callSafely(tell, options.onHandlerError);
    everReady = true;
  };
  listener.on('ready', () => {
    subscribeAll().catch((error: Error) => {
      note(error);
      // A connection that cannot subscribe is of no use; the next one tries again.
      listener.disconnect(true);
    });
  });
  listener.on('close', () => {
    complete = false;
  });

  const listen = (kind: 'channel' | 'pattern') => async (name: string, handler: MessageHandler) => {
    const { first, entry } = subscriptions.add(kind, name, handler);
    // Away: the next connection asks for all of them.
    if (first && listener.status === 'ready') await tellRedis(kind, [name]).catch(note);
    return async () => {
      if (!subscriptions.remove(kind, name, entry) || listener.status !== 'ready') return;
      await (kind === 'channel' ? listener.unsubscribe(name) : listener.punsubscribe(name)).catch(note);
    };
  };

  return {
    async publish(channel, message) {
      queueMicrotask(() => subscriptions.deliver(channel, message));
      if (commands.status !== 'ready') return false;
      try {
        await commands.publish(channel, `sb1:${origin}:${message}`);
        return true;
      } catch (error) {
        note(error instanceof Error ? error : new Error(String(error)));
        return false;
      }
    },
    subscribe: listen('channel'),
    subscribePattern: listen('pattern'),
    onGap(tell) {
      gapListeners.add(tell);
      return () => {
        gapListeners.delete(tell);
      };
    },
    subscribed: () => complete,
  };
}

function callSafely(tell: () => void, onError: (error: unknown) => void): void {
  try {
    tell();
  } catch (error) {
    onError(error);
  }
}
