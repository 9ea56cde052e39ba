import { hostname } from 'node:os';
import { join } from 'node:path';
import { AgentFailure, type AgentHandler, type BuiltinAgent } from '#server/agents/agent.ts';
import { createBuiltinAgents } from '#server/agents/builtin/index.ts';
import type { CallMcpTool } from '#server/agents/builtin/mcp-tool.ts';
import { type AmqpAgent, createAmqpAgent } from '#server/agents/delivery/amqp-agent.ts';
import { MAX_PAYLOAD_DEPTH } from '#server/agents/payload-expander.ts';
import type { Payloads } from '#server/agents/payloads.ts';
import { type AgentSystem, createAgentSystem } from '#server/agents/system.ts';
import { createWholeAssignments, withWholeInput } from '#server/agents/whole-assignments.ts';
import type { SharedFilesOf } from '#server/agents/workspace/shared.ts';
import type { Engine } from '#server/coordinator/engine.ts';
import { NO_PAUSES } from '#server/coordinator/pause-points.ts';
import { createReportIntake } from '#server/coordinator/report-intake.ts';
import { createResponseConsumer, type ResponseConsumer } from '#server/coordinator/response-consumer.ts';
import { DEFAULT_ORG_ID } from '#server/domain/ids.ts';
import { measureJson } from '#server/domain/json.ts';
import { PAYLOAD_NAME } from '#server/domain/payload-ref.ts';
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
  newUuid,
  onTrouble,
}: AgentParts): Agents {
  const isOverBroker = env.rabbitmqUrl !== undefined;
  const builtins = env.roles.has('agents')
    ? createBuiltinAgents({ data: { scratchRoot: join(env.dataDir, 'scratch') }, callMcpTool, sharedFilesOf })
    : { agents: [], stop: async () => undefined };
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
    now: Date.now,
  });
  const overBroker = isOverBroker ? members.map(toAmqpAgent) : [];
  let responses: ResponseConsumer | undefined;

  function toAmqpAgent({ name, version, capabilities, maxConcurrency, handle }: BuiltinAgent): AmqpAgent {
    return createAmqpAgent({
      broker,
      registration: {
        ...{ name, instance, version, type: 'builtin' },
        capabilities: capabilities.map((capability) => ({ name: capability, version })),
        max_concurrency: maxConcurrency,
      },
      handle: withSmallOutput(handle, payloads),
      artefactsOf: payloads.artefactsOf,
      newMessageId: newUuid,
      onTrouble: (message, error) => onTrouble(message, error),
    });
  }

  return {
    system,
    connect(engine) {
      const reports = createReportIntake({
        ...{ sql, hot, engine, onTrouble },
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
        await responses?.start();
      }
      await Promise.all(overBroker.map((agent) => agent.start()));
    },
    async drain(withinMs) {
      await Promise.all(overBroker.map((agent) => agent.drain(withinMs)));
      await system.drain(withinMs);
      await responses?.stop();
    },
    async stop() {
      await Promise.all(overBroker.map((agent) => agent.stop()));
      await system.stop();
      await builtins.stop();
    },
  };
}

/** Our own agents have the object store at hand: what they come to need not go through the broker. */
function withSmallOutput(handle: AgentHandler, { inlineMaxBytes, maxBytes }: Payloads): AgentHandler {
  return async (assignment, context) => {
    const output = (await handle(assignment, context)) ?? null;
    const measured = measureJson(output, { maxBytes, maxDepth: MAX_PAYLOAD_DEPTH });
    if (!measured.ok) throw new AgentFailure('invalid-output', 'OUTPUT_REFUSED', measured.problem.message);
    if (measured.bytes <= inlineMaxBytes) return output;
    const content = Buffer.from(JSON.stringify(output));
    return {
      ...(await context.objects.put(content, { contentType: 'application/json', name: PAYLOAD_NAME })),
    };
  };
}

/** The same at every start of this data folder on this machine, and no other live process has it. */
function instanceOf(env: Env): string {
  return `${hostname()}-${readOrCreateSecret(join(env.dataDir, 'instance')).slice(0, 12)}`;
}
