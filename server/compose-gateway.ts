import { join } from 'node:path';
import type { CallMcpTool } from '#server/agents/builtin/mcp-tool.ts';
import { createGateway, type McpGateway } from '#server/gateway/gateway.ts';
import { toLine } from '#server/gateway/http/line.ts';
import { programUserOf } from '#server/gateway/programs/user.ts';
import type { WebFetch } from '#server/gateway/sign-ins/flow.ts';
import { createSealedNotes } from '#server/gateway/sign-ins/notes.ts';
import { createStageCalls } from '#server/gateway/stage-calls.ts';
import type { TellEngine } from '#server/gateway/stand-by.ts';
import type { Rates } from '#server/identity/limits/rates.ts';
import type { SecretStore } from '#server/identity/secrets/store.ts';
import { toWebFetch } from '#server/identity/web-fetch.ts';
import type { Conditions } from '#server/platform/conditions.ts';
import type { Env } from '#server/platform/env.ts';
import type { Logger } from '#server/platform/logger.ts';
import type { SafeFetch } from '#server/platform/safe-fetch.ts';
import type { Ports } from './compose-ports.ts';

export interface GatewayParts {
  env: Env;
  secrets: SecretStore;
  rates: Rates;
  fetch: SafeFetch;
  logger: Logger;
  conditions: Pick<Conditions, 'called'>;
  newUuid(): string;
}

export interface RunningGateway {
  gateway: McpGateway;
  /** For stages. */
  callMcpTool: CallMcpTool;
  /** Tells the engine what stages wait for. Before any of them runs. */
  connect(engine: { tell: TellEngine }): void;
}

export async function startGateway(ports: Ports, parts: GatewayParts): Promise<RunningGateway> {
  const gateway = makeGateway(ports, parts);
  await gateway.start();
  const sql = ports.beatSql;
  let tell: TellEngine = () => Promise.reject(new Error('no engine is connected'));
  const { newUuid, secrets } = parts;
  return {
    gateway,
    callMcpTool: createStageCalls({
      ...{ gateway, sql, newUuid, now: Date.now, notes: createSealedNotes(sql, secrets) },
      tellEngine: (...said) => tell(...said),
    }),
    connect(engine) {
      tell = engine.tell;
    },
  };
}

function makeGateway(ports: Ports, parts: GatewayParts): McpGateway {
  const { env, secrets, rates, logger } = parts;
  return createGateway({
    sql: ports.beatSql,
    hot: ports.hotState,
    line: toLine(parts.fetch),
    secrets,
    webFetch: toWebFetch(parts.fetch) as WebFetch,
    takeRate: (subject, bucket) => rates.take('mcp', { subject, bucket, cost: 1 }),
    programs: new Map(env.mcp.programs.map((program) => [program.name, program])),
    programUser: programUserOf(env.mcp.programUser),
    folder: join(env.dataDir, 'mcp'),
    keepDays: env.mcp.keepDays,
    onCall: parts.conditions.called,
    isKeeper: env.roles.has('coordinator'),
    newUuid: parts.newUuid,
    now: Date.now,
    onTrouble: (message, error) => logger.warn({ err: error }, message),
  });
}
