import { type ChannelModel, connect } from 'amqplib';
import { makeBackoff } from './backoff.ts';

export interface AmqpLinkOptions {
  /** Tried in turn, one an attempt. */
  urls: readonly string[];
  /** Shown in the broker's list of connections. */
  name: string;
  /** Sets up what lives on the connection. A rejection counts as a failed connection. */
  onUp(model: ChannelModel): Promise<void>;
  /** It is set up, and `model` gives it out from now on. */
  onReady(): void;
  onDown(error: Error): void;
  onBlocked(reason: string): void;
  onUnblocked(): void;
  random: () => number;
}

export interface AmqpLink {
  start(): void;
  stop(): Promise<void>;
  /** The connection when it is up and set up. */
  model(): ChannelModel | null;
  blocked(): boolean;
  /** Gives up a connection that is open but does not do its work, and makes a new one. */
  abandon(error: Error): void;
}

const CONNECT_TIMEOUT_MS = 10_000;
const CLOSE_TIMEOUT_MS = 2_000;
const FIRST_RETRY_MS = 100;
const LAST_RETRY_MS = 5_000;
/** Two silent periods of this mean that the other side is gone. */
const HEARTBEAT_S = 15;

/** One AMQP connection that comes back by itself. What was in flight on the old one is lost to us: at least once. */
export function makeAmqpLink(options: AmqpLinkOptions): AmqpLink {
  let current: ChannelModel | null = null;
  let ready = false;
  let isBlocked = false;
  let stopped = false;
  const again = makeBackoff({
    firstMs: FIRST_RETRY_MS,
    lastMs: LAST_RETRY_MS,
    random: options.random,
    act: () => void attempt(),
  });

  const down = (error: Error): void => {
    current = null;
    ready = false;
    isBlocked = false;
    if (stopped) return;
    options.onDown(error);
    again.plan();
  };
  const lost = (model: ChannelModel, error: Error): void => {
    if (current === model) down(error);
  };
  const setBlocked = (model: ChannelModel, reason: string | null): void => {
    if (current !== model) return;
    isBlocked = reason !== null;
    if (reason === null) options.onUnblocked();
    else options.onBlocked(reason);
  };

  const attempt = async (): Promise<void> => {
    const url = options.urls[again.tries() % options.urls.length] ?? '';
    let model: ChannelModel | undefined;
    try {
      model = await open(url, options.name);
      if (stopped) return void close(model);
      current = model;
      watch(model, { lost, setBlocked });
      await options.onUp(model);
      if (current !== model) return;
      ready = true;
      again.reset();
      options.onReady();
    } catch (error) {
      // Was the connection lost meanwhile, then that has been dealt with.
      if (model && current !== model) return;
      if (model) void close(model);
      down(error instanceof Error ? error : new Error(String(error)));
    }
  };

  return {
    start() {
      if (!current && !stopped && again.tries() === 0) void attempt();
    },
    async stop() {
      stopped = true;
      again.cancel();
      const model = current;
      current = null;
      ready = false;
      if (model) await close(model);
    },
    model: () => (ready ? current : null),
    blocked: () => isBlocked,
    abandon(error) {
      const model = current;
      if (!model) return;
      lost(model, error);
      void close(model);
    },
  };
}

interface Watcher {
  lost(model: ChannelModel, error: Error): void;
  /** Null: no longer blocked. */
  setBlocked(model: ChannelModel, reason: string | null): void;
}

function watch(model: ChannelModel, watcher: Watcher): void {
  let lastError: Error | undefined;
  model.on('error', (error) => {
    lastError = error;
  });
  model.on('close', (error) =>
    watcher.lost(model, error ?? lastError ?? new Error('The broker closed the connection.')),
  );
  model.on('blocked', (reason) => watcher.setBlocked(model, reason));
  model.on('unblocked', () => watcher.setBlocked(model, null));
}

async function open(url: string, name: string): Promise<ChannelModel> {
  const target = new URL(url);
  if (!target.searchParams.has('heartbeat')) target.searchParams.set('heartbeat', String(HEARTBEAT_S));
  return connect(target.href, {
    // Without it Nagle's algorithm and the broker's delayed TCP acknowledgement cost 40 ms for a lone message.
    noDelay: true,
    keepAlive: true,
    timeout: CONNECT_TIMEOUT_MS,
    clientProperties: { connection_name: name },
  });
}

/** Asks politely but does not wait for ever: a hung broker never answers, and its socket dies by heartbeat. */
function close(model: ChannelModel): Promise<void> {
  return orGiveUp(async () => model.close());
}

/** For what should end soon, and must not hold up a stop when it does not or when it fails. */
export async function orGiveUp(act: () => Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const patience = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, CLOSE_TIMEOUT_MS);
  });
  await Promise.race([act().catch(() => {}), patience]);
  clearTimeout(timer);
}
