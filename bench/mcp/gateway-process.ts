/** The product with its doors and without its pages, in a process of its own. */
import { once } from 'node:events';
import { join } from 'node:path';
import { pino } from 'pino';
import { createGate } from '#server/api/http/gate.ts';
import { createHttpServer, portOf } from '#server/api/http/server.ts';
import { apiRoutes } from '#server/api/routes.ts';
import { compose } from '#server/compose.ts';
import { readEnv } from '#server/platform/env.ts';
import { createMetrics } from '#server/platform/metrics.ts';
import { readOrCreateSecret } from '#server/platform/secret-file.ts';
import { lookAtSelf } from './look.ts';
import type { FromProcess, GatewayOrder, ToProcess } from './messages.ts';

const { databaseUrl, dataDir, settings: more = {} }: GatewayOrder = JSON.parse(process.argv[2] ?? '{}');
const send = (message: FromProcess) => void process.send?.(message);

const settings = {
  DATABASE_URL: databaseUrl,
  SIGNALBOX_DATA_DIR: dataDir,
  SIGNALBOX_OUTBOUND_ALLOW: '127.0.0.0/8',
  SIGNALBOX_MCP_PROGRAMS: `bare=${process.execPath} ${join(import.meta.dirname, 'stdio-server.mjs')}`,
  ...(process.getuid?.() === 0 ? { SIGNALBOX_MCP_PROGRAM_USER: 'root' } : {}),
  ...more,
};
const env = readEnv(settings, dataDir);
const metrics = createMetrics();
const logger = pino({ level: 'warn' }, pino.destination(2));
const app = await compose({ env, logger, metrics, onStep: () => undefined });
const server = createHttpServer({
  ...{ routes: apiRoutes, gate: createGate({}), logger, metrics, isDev: false, isMetricsEnabled: true },
  maxBodyBytes: env.payloadMaxBytes,
  services: () => app.services,
  pages: () => undefined,
});
server.listen(0, '127.0.0.1');
await once(server, 'listening');

process.on('message', (message: ToProcess) => {
  if (message !== 'stop') {
    const places = { folder: join(dataDir, 'mcp'), databaseUrl };
    return void lookAtSelf(message, places).then((look) => send({ type: 'look', ...look }));
  }
  server.closeAllConnections();
  server.close();
  void app.stop().then(() => process.exit());
});
process.once('disconnect', () => process.exit());
send({
  type: 'ready',
  origin: `http://127.0.0.1:${portOf(server)}`,
  secret: readOrCreateSecret(join(dataDir, 'api-secret')),
});
