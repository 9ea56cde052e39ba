import { hostname } from 'node:os';
import { join } from 'node:path';
import type { BuiltinAgent } from '#server/agents/agent.ts';
import { createBuiltinAgents } from '#server/agents/builtin/index.ts';
import type { CallMcpTool } from '#server/agents/builtin/mcp-tool.ts';
import { createBrokerFleet } from '#server/agents/delivery/broker-fleet.ts';
import type { Payloads } from '#server/agents/payloads.ts';
import { type AgentSystem, createAgentSystem } from '#server/agents/system.ts';
import { createWholeAssignments, withWholeInput } from '#server/agents/whole-assignments.ts';
import type { SharedFilesOf } from '#server/agents/workspace/shared.ts';
import type { Engine } from '#server/coordinator/engine.ts';
import { NO_PAUSES } from '#server/coordinator/pause-points.ts';
import { createReportIntake } from '#server/coordinator/report-intake.ts';
import { createResponseConsumer, type ResponseConsumer } from '#server/coordinator/response-consumer.ts';
import { DEFAULT_ORG_ID } from '#server/domain/ids.ts';
import type { Env } from '#server/platform/env.ts';
import { createSafeFetch } from '#server/platform/safe-fetch.ts';
import { readOrCreateSecret } from '#server/platform/secret-file.ts';
import type { Ports } from './compose-ports.ts';

export interface AgentParts {
  env: Env;
  ports: Ports;
  payloads: Payloads;
  /** For stages that call tools of MCP servers. */
  callMcpTool: CallMcpTool;
  sharedFilesOf: SharedFilesOf;
  /** The data agents' processes are there before anybody asks for them. */
  isWarm: boolean;
  /** Agents in place of the built-in ones. */
  instead?: readonly BuiltinAgent[] | undefined;
  newUuid(): string;
  onTrouble(message: string, error: unknown): void;
}

/** The agents of this process: those it calls, those it reaches by message, and the registry of all. */
export interface Agents {
  system: AgentSystem;
  /** Ties the engine to what agents report. Before `start`. */
  connect(engine: Engine): void;
  start(engine: Engine): Promise<void>;
  drain(withinMs: number): Promise<void>;
  stop(): Promise<void>;
}

/**
 * With a broker the built-in agents work over it like anybody's, in this process or another; without one they are
 * called directly, as nothing else could reach them.
 */
export function makeAgents({
  env,
  ports,
  payloads,
  callMcpTool,
  sharedFilesOf,
  isWarm,
  instead,
  newUuid,
  onTrouble,
}: AgentParts): Agents {
  const isOverBroker = env.rabbitmqUrl !== undefined;
  const data = { scratchRoot: join(env.dataDir, 'scratch'), isWarm };
  const builtins =
    env.roles.has('agents') && !instead
      ? createBuiltinAgents({ data, callMcpTool, sharedFilesOf })
      : { agents: instead ?? [], stop: async () => undefined };
  const whole = createWholeAssignments(payloads);
  const members = builtins.agents.map((agent) => ({
    ...agent,
    handle: withWholeInput(agent.handle, whole),
  }));
  const instance = instanceOf(env);
  const { hotState: hot, broker, beatSql: sql } = ports;
  const system = createAgentSystem({
    ...{ sql, hot, broker, instance, newUuid, onTrouble },
    fetch: createSafeFetch({ allow: env.outboundAllow }),
    artefactsOf: payloads.artefactsOf,
    whole,
    orgId: DEFAULT_ORG_ID,
    builtins: isOverBroker ? [] : members,
    maxAgents: env.maxAgents,
    hasOwnQueues: !isOverBroker,
    writesBeats: env.redisUrl === undefined && env.databaseUrl !== undefined,
    now: Date.now,
  });
  const fleet = createBrokerFleet({
    ...{ broker, sql, system, instance, payloads, newUuid, onTrouble },
    members,
  });
  let responses: ResponseConsumer | undefined;

  return {
    system,
    connect(engine) {
      const reports = createReportIntake({
        ...{ sql, hot, engine, onTrouble },
        streamCap: { maxEntries: env.streamMaxEntries, ttlSeconds: env.taskStateTtlSeconds },
        keepOutcome: payloads.keepOutcome,
        now: Date.now,
      });
      system.connect({ engine, reports });
      responses = createResponseConsumer({
        ...{ broker, sink: reports, desk: system.desk, points: NO_PAUSES, onTrouble },
      });
    },
    async start(engine) {
      const gone = await system.start();
      if (env.roles.has('coordinator')) {
        await engine.start(gone);
        await system.takeUp();
        await responses?.start();
      }
      if (isOverBroker) await fleet.start();
    },
    async drain(withinMs) {
      await fleet.drain(withinMs);
      await system.drain(withinMs);
      await responses?.stop();
    },
    async stop() {
      await fleet.stop();
      await system.stop();
      await builtins.stop();
    },
  };
}

/** The same at every start of this data folder on this machine, and no other live process has it. */
function instanceOf(env: Env): string {
  return `${hostname()}-${readOrCreateSecret(join(env.dataDir, 'instance')).slice(0, 12)}`;
}
