import { type ChannelModel, connect } from 'amqplib';

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
  let attempts = 0;
  let retryTimer: NodeJS.Timeout | undefined;

  const lost = (model: ChannelModel, error: Error): void => {
    if (current !== model) return;
    current = null;
    ready = false;
    isBlocked = false;
    if (stopped) return;
    options.onDown(error);
    retry();
  };

  const retry = (): void => {
    if (stopped || retryTimer) return;
    const delayMs = Math.min(FIRST_RETRY_MS * 2 ** Math.min(attempts, 10), LAST_RETRY_MS);
    attempts++;
    retryTimer = setTimeout(
      () => {
        retryTimer = undefined;
        void attempt();
      },
      delayMs * (0.8 + 0.4 * options.random()),
    );
  };

  const watch = (model: ChannelModel): void => {
    let lastError: Error | undefined;
    model.on('error', (error) => {
      lastError = error;
    });
    model.on('close', (error) =>
      lost(model, error ?? lastError ?? new Error('The broker closed the connection.')),
    );
    model.on('blocked', (reason) => {
      if (current !== model) return;
      isBlocked = true;
      options.onBlocked(reason);
    });
    model.on('unblocked', () => {
      if (current !== model) return;
      isBlocked = false;
      options.onUnblocked();
    });
  };

  const attempt = async (): Promise<void> => {
    const url = options.urls[attempts % options.urls.length] ?? '';
    let model: ChannelModel | undefined;
    try {
      model = await open(url, options.name);
      if (stopped) return void close(model);
      current = model;
      watch(model);
      await options.onUp(model);
      if (current !== model) return;
      ready = true;
      attempts = 0;
      options.onReady();
    } catch (error) {
      const failure = error instanceof Error ? error : new Error(String(error));
      if (model && current === model) void close(model);
      else if (model) return;
      current = null;
      if (stopped) return;
      options.onDown(failure);
      retry();
    }
  };

  return {
    start() {
      if (!current && !retryTimer && !stopped) void attempt();
    },
    async stop() {
      stopped = true;
      clearTimeout(retryTimer);
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
