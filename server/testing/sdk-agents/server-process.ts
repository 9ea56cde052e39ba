import { flushCompileCache } from 'node:module';
import { pino } from 'pino';
import { createGate } from '#server/api/http/gate.ts';
import { createHttpServer } from '#server/api/http/server.ts';
import { apiRoutes } from '#server/api/routes.ts';
import { readEnv } from '#server/platform/env.ts';
import { createMetrics } from '#server/platform/metrics.ts';
import { compose } from '../../compose.ts';

/**
 * The whole server but for its pages, in a process of its own, so that a test can really kill it. Settings are those of
 * the program.
 */
const env = readEnv(process.env, process.cwd());
const logger = pino({ level: 'silent' });
const metrics = createMetrics();
const app = await compose({ env, logger, metrics, onStep: () => undefined });
const server = createHttpServer({
  routes: apiRoutes,
  gate: createGate({}),
  isDev: false,
  logger,
  metrics,
  isMetricsEnabled: false,
  maxBodyBytes: env.payloadMaxBytes,
  services: () => app.services,
  pages: () => undefined,
});
// It is killed, and what it has compiled would die with it.
flushCompileCache();
server.listen(env.port, '127.0.0.1', () => process.stdout.write('ready\n'));
// The test that started it is gone.
process.stdin.on('end', () => process.exit()).resume();
