import type { Server } from 'node:http';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createGate } from '#server/api/http/gate.ts';
import { createHttpServer, placeOf, portOf } from '#server/api/http/server.ts';
import { apiRoutes } from '#server/api/routes.ts';
import { attachSockets, type Sockets } from '#server/api/sockets/sockets.ts';
import { SignalboxError } from '#server/domain/errors.ts';
import { createSocketSignIn } from '#server/identity/socket-sign-in.ts';
import { type HeldLock, nameHolder, takeDataLock } from '#server/platform/data-lock.ts';
import { type Env, readEnv } from '#server/platform/env.ts';
import { createLogger, type Logger } from '#server/platform/logger.ts';
import { createMetrics } from '#server/platform/metrics.ts';
import { type App, compose } from './compose.ts';
import { mountPages, type Pages } from './pages.ts';

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));

/** What people read at the start; the log goes to standard error. */
function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

interface Running {
  app?: App;
  server?: Server;
  sockets?: Sockets;
  pages?: Pages;
  lock?: HeldLock;
}

async function start(env: Env, logger: Logger, running: Running): Promise<void> {
  const lock = lockDataFolder(env);
  running.lock = lock;
  const metrics = createMetrics();
  let app: App | undefined;
  if (env.roles.has('web')) {
    const gate = createGate({ publicUrl: env.publicUrl, trustedProxies: env.trustedProxies });
    running.server = createHttpServer({
      routes: apiRoutes,
      gate,
      logger,
      metrics,
      isDev: env.isDev,
      isMetricsEnabled: env.isMetricsEnabled,
      maxBodyBytes: env.payloadMaxBytes,
      services: () => app?.services,
      pages: () => running.pages?.handle,
    });
    running.sockets = attachSockets({
      server: running.server,
      gate,
      authenticate: createSocketSignIn(() => app?.services.identity, Date.now),
      limits: env.sockets,
      services: () => app?.services,
      feed: () => app?.services.live,
      // In development Next tells the browser over a socket of its own what has been compiled.
      isShared: env.isDev,
      now: Date.now,
      onTrouble: (message, error) => logger.warn({ err: error }, message),
    });
    metrics.watchSockets(running.sockets.count);
    await listen(running.server, env);
    lock.listensOn(placeOf(running.server));
  }
  // Pages need no database and it needs no pages: both come up at once.
  const pages = running.server
    ? mountPages({ rootDir: ROOT, isDev: env.isDev, httpServer: running.server })
    : undefined;
  const composed = compose({ env, logger, metrics, onStep: say });
  const [first] = await Promise.allSettled([composed, pages]);
  if (first.status === 'fulfilled') running.app = first.value;
  app = await composed;
  running.sockets?.follow(app.services.identity.access.onChange);
  const mounted = await pages;
  if (mounted) running.pages = mounted;
  void app.failed.then((why) => die(logger, new SignalboxError('UNAVAILABLE', why), running));
  if (running.server) announce(running.server, env, await app.services.identity.links.issueOwnerLink());
  else say(`Signalbox works as ${[...env.roles].join(', ')}.`);
}

function lockDataFolder(env: Env): HeldLock {
  const lock = takeDataLock(env.dataDir, { port: env.port, now: Date.now() });
  if ('release' in lock) return lock;
  const { holder } = lock;
  throw new SignalboxError(
    'CONFLICT',
    `The data folder ${env.dataDir} is in use at port ${holder.port} by ${nameHolder(holder)}.`,
    {
      advice: 'Stop that one, or use another folder: SIGNALBOX_DATA_DIR=other npm start',
    },
  );
}

function listen(server: Server, env: Env): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const why = error.code === 'EADDRINUSE' ? 'another program listens on it' : error.message;
      reject(
        new SignalboxError('UNAVAILABLE', `Port ${env.port} cannot be used: ${why}.`, {
          advice: `Choose another one: SERVER_PORT=${env.port + 1} npm start`,
        }),
      );
    });
    server.listen({ port: env.port, host: env.host }, resolve);
  });
}

/** The last line: scripts and people take the link from there. */
function announce(server: Server, env: Env, token: string): void {
  const port = portOf(server);
  const host = env.host.includes(':') ? `[${env.host}]` : env.host;
  // Listening everywhere has no address of its own to be opened at.
  const origin = env.publicUrl ?? `http://${/^(0\.0\.0\.0|\[::\])$/.test(host) ? '127.0.0.1' : host}:${port}`;
  if (!env.isLocalOnly && env.publicUrl?.startsWith('https:') !== true) {
    say(
      'Others can reach this server without https, and so read passwords and keys: see SIGNALBOX_PUBLIC_URL.',
    );
  }
  say(
    env.isLocalOnly
      ? 'Signalbox is ready. This link signs this machine in, once:'
      : 'Signalbox is ready. This link makes the first owner, or signs it in, once:',
  );
  say(`${origin}/sign-in?token=${token}`);
}

async function stop(running: Running, logger: Logger): Promise<void> {
  const { app, server, sockets, pages, lock } = running;
  const closed = server ? new Promise((resolve) => server.close(resolve)) : undefined;
  server?.closeIdleConnections();
  await sockets?.stop();
  await app?.stop();
  await pages?.close();
  // Streams would stay open for as long as somebody watches.
  server?.closeAllConnections();
  await closed;
  lock?.release();
  logger.info('stopped');
}

function describe(error: unknown): string {
  if (!(error instanceof SignalboxError))
    return error instanceof Error ? (error.stack ?? error.message) : String(error);
  return error.advice === undefined ? error.message : `${error.message}\n  What to do: ${error.advice}`;
}

const DYING_MS = 15_000;

function die(logger: Logger, error: unknown, running: Running): void {
  logger.fatal({ err: error }, 'cannot go on');
  process.stderr.write(`\n✖ ${describe(error)}\n`);
  process.exitCode = 1;
  setTimeout(() => process.exit(1), DYING_MS).unref();
  void stop(running, logger).finally(() => process.exit(1));
}

function main(): void {
  let env: Env;
  try {
    env = readEnv(process.env, ROOT);
  } catch (error) {
    process.stderr.write(`\n✖ ${describe(error)}\n`);
    process.exit(1);
  }
  const logger = createLogger(env.logLevel);
  const running: Running = {};
  for (const event of ['uncaughtException', 'unhandledRejection'] as const) {
    process.on(event, (error: unknown) => die(logger, error, running));
  }
  const starting = start(env, logger, running).catch((error) => die(logger, error, running));
  let isStopping = false;
  const onSignal = (signal: string) => {
    if (isStopping) process.exit(1);
    isStopping = true;
    say(`Stopping (${signal}). Again to stop at once.`);
    // A start that is under way is let finish: half of it cannot be stopped in order.
    starting
      .then(() => stop(running, logger))
      .then(
        () => process.exit(process.exitCode ?? 0),
        (error) => die(logger, error, {}),
      );
  };
  // SIGHUP: its terminal was closed. What is said to that fails, which is no reason to end in disorder.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, onSignal);
  // The start script was killed: nobody is left to stop us.
  process.on('disconnect', () => onSignal('the start script has ended'));
}

main();
