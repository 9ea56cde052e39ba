import { ProtocolError } from '@modelcontextprotocol/client';
import { SignalboxError } from '#server/domain/errors.ts';
import type { Json } from '#server/domain/json.ts';
import { CHANNEL } from '#server/redis/keys.ts';
import type { HotState } from '#server/redis/port.ts';

/** Work that waits in one process, while what it waits for comes to another. */
export interface Relay {
  /** Of this process: whatever waits in it is named with it, so that others know where to ask. */
  readonly id: string;
  /** Does what others ask of this process under that name. Resolves when they can. */
  serve(name: string, work: Work): Promise<void>;
  /** Has another process do it. Null: there is no such process, or it has ended meanwhile. */
  ask(to: string, order: Order, asking: Asking): Promise<{ answer: Json } | null>;
  /** Tells every process, as nobody knows which it is that has to know. Whoever has ended misses it. */
  tellAll(news: News): Promise<void>;
  /** Hears what other processes tell all under that name. Resolves when it can be heard. */
  hearAll(name: string, listener: (news: Json) => void): Promise<void>;
  stop(): Promise<void>;
}

export interface News {
  name: string;
  news: Json;
}

export interface Order {
  name: string;
  body: Json;
}

type Work = (body: Json, asking: Asking) => Promise<Json>;

export interface Asking {
  signal: AbortSignal;
  /** Hears what the work says before it is done. */
  onTold(news: Json): void;
}

export interface RelayOptions {
  hot: HotState;
  id: string;
  newUuid(): string;
  /** Whoever says nothing for three times as long has ended. */
  beatMs: number;
}

type Message =
  | ({ kind: 'ask'; key: string; from: string } & Order)
  | ({ kind: 'news'; from: string } & News)
  | { kind: 'gone'; key: string }
  | { kind: 'beat'; key: string }
  | { kind: 'told'; key: string; news: Json }
  | { kind: 'done'; key: string; answer: Json }
  | { kind: 'broken'; key: string; failure: Failure };

interface Failure {
  /** Of the protocol, as a number, or one of ours. */
  code: number | string;
  message: string;
  advice?: string;
  details?: Json;
}

/** No process is called so. */
const ALL = 'all';
const ID = /^[0-9a-f-]{32,36}$/;

export function createRelay({ hot, id, newUuid, beatMs }: RelayOptions): Relay {
  const asked = new Map<string, (message: Message) => void>();
  const served = new Map<string, AbortController>();
  const works = new Map<string, Work>();
  const listeners = new Map<string, (news: Json) => void>();
  let subscribing: Promise<() => Promise<void>> | undefined;
  let subscribingToAll: Promise<() => Promise<void>> | undefined;

  const send = (to: string, message: Message) => hot.publish(CHANNEL.mcpRelay(to), JSON.stringify(message));
  const listen = () => {
    subscribing ??= hot.subscribe(CHANNEL.mcpRelay(id), hear);
    return subscribing;
  };

  function hear(text: string): void {
    const message = JSON.parse(text) as Message;
    if (message.kind === 'ask') void answer(message);
    else if (message.kind === 'news') tellHere(message);
    else if (message.kind === 'gone') served.get(message.key)?.abort();
    else asked.get(message.key)?.(message);
  }

  function tellHere({ from, name, news }: Extract<Message, { kind: 'news' }>): void {
    if (from !== id) listeners.get(name)?.(news);
  }

  async function answer({ key, from, name, body }: Extract<Message, { kind: 'ask' }>): Promise<void> {
    const work = works.get(name);
    if (!work) return;
    const gone = new AbortController();
    served.set(key, gone);
    const beat = () => void send(from, { kind: 'beat', key });
    beat();
    const timer = setInterval(beat, beatMs);
    try {
      const onTold = (news: Json) => void send(from, { kind: 'told', key, news });
      await send(from, { kind: 'done', key, answer: await work(body, { signal: gone.signal, onTold }) });
    } catch (error) {
      await send(from, { kind: 'broken', key, failure: toFailure(error) });
    } finally {
      clearInterval(timer);
      served.delete(key);
    }
  }

  return {
    id,
    async serve(name, work) {
      works.set(name, work);
      await listen();
    },
    async ask(to, order, { signal, onTold }) {
      if (!ID.test(to)) return null;
      await listen();
      const key = newUuid();
      const { promise, resolve, reject } = Promise.withResolvers<{ answer: Json } | null>();
      const leave = () => {
        void send(to, { kind: 'gone', key });
        reject(signal.reason);
      };
      const silence = setTimeout(() => resolve(null), beatMs * 3);
      asked.set(key, (message) => {
        silence.refresh();
        if (message.kind === 'told') onTold(message.news);
        if (message.kind === 'done') resolve({ answer: message.answer });
        if (message.kind === 'broken') reject(toError(message.failure));
      });
      signal.addEventListener('abort', leave, { once: true });
      try {
        if (signal.aborted) leave();
        else await send(to, { kind: 'ask', key, from: id, ...order });
        return await promise;
      } finally {
        clearTimeout(silence);
        asked.delete(key);
        signal.removeEventListener('abort', leave);
      }
    },
    async tellAll(news) {
      await send(ALL, { kind: 'news', from: id, ...news });
    },
    async hearAll(name, listener) {
      listeners.set(name, listener);
      subscribingToAll ??= hot.subscribe(CHANNEL.mcpRelay(ALL), hear);
      await subscribingToAll;
    },
    async stop() {
      works.clear();
      listeners.clear();
      for (const gone of served.values()) gone.abort();
      await (await subscribing)?.();
      await (await subscribingToAll)?.();
    },
  };
}

function toFailure(error: unknown): Failure {
  if (error instanceof SignalboxError) {
    const { code, message, advice, details } = error;
    return {
      ...{ code, message },
      ...(advice === undefined ? {} : { advice }),
      ...(details === undefined ? {} : { details: details as Json }),
    };
  }
  if (error instanceof ProtocolError) return { code: error.code, message: error.message };
  return { code: 'INTERNAL', message: error instanceof Error ? error.message : String(error) };
}

function toError({ code, message, advice, details }: Failure): Error {
  if (typeof code === 'number') return new ProtocolError(code, message);
  return new SignalboxError(code as SignalboxError['code'], message, {
    ...(advice === undefined ? {} : { advice }),
    ...(details === undefined ? {} : { details }),
  });
}
