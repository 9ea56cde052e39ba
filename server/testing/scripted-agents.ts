import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { AgentHandler } from '#server/agents/agent.ts';
import { createAmqpAgent } from '#server/agents/delivery/amqp-agent.ts';
import { handOutOf, toReport } from '#server/agents/delivery/wire.ts';
import { createLocalCarrier, type LocalReports } from '#server/agents/local-carrier.ts';
import { RESPONSE_QUEUE } from '#server/broker/topology.ts';
import type { AgentRegistrationInput } from '#server/domain/agent-registration.ts';
import type { Outcome } from '#server/domain/engine/happenings.ts';
import type { HandOut } from '#server/domain/hands.ts';
import { type AgentId, DEFAULT_ORG_ID } from '#server/domain/ids.ts';
import {
  MESSAGE_VERSION,
  type Report,
  stopMessageSchema,
  tasksMessageSchema,
} from '#server/domain/messages.ts';
import { newMessageId, TEST_BEAT_MS, type World } from './agent-world.ts';

export interface Script {
  name: string;
  capability: string;
  concurrency: number;
  labels?: string[];
  handle: AgentHandler;
}

/** An agent of some transport, played by the test. */
export interface ScriptedAgent {
  id: AgentId;
  generation: number;
  /** It is gone, without a word. */
  vanish(): Promise<void>;
}

/** How a report is sent by this transport, word for word. */
export type Say = (agent: ScriptedAgent, report: Report) => Promise<void>;

const NO_OBJECTS = {
  put: () => Promise.reject(new Error('no object store in this test')),
  get: () => Promise.reject(new Error('no object store in this test')),
};

export function registrationOf({
  name,
  capability,
  concurrency,
  labels = [],
}: Script): Omit<AgentRegistrationInput, 'transport'> {
  return { name, capabilities: [{ name: capability }], labels, max_concurrency: concurrency };
}

export async function joinByAmqp(
  world: World,
  script: Script,
): Promise<ScriptedAgent & { drain(): Promise<void> }> {
  const agent = createAmqpAgent({
    broker: world.broker,
    registration: registrationOf(script),
    handle: script.handle,
    artefactsOf: () => NO_OBJECTS,
    newMessageId,
    beatMs: TEST_BEAT_MS,
    onTrouble: (message) => world.troubles.push(message),
  });
  await agent.start();
  const id = agent.id() as AgentId;
  const [row] = await world.database.sql<{ generation: number }[]>`
    SELECT generation FROM agents WHERE name = ${script.name}`;
  return { id, generation: row?.generation ?? 0, vanish: agent.stop, drain: () => agent.drain(60_000) };
}

export function sayByAmqp(world: World): Say {
  return async ({ id, generation }, report) => {
    const body = JSON.stringify({ version: MESSAGE_VERSION, agent_id: id, generation, reports: [report] });
    await world.broker.publish([
      { queue: RESPONSE_QUEUE, priority: 'high', messageId: newMessageId(), body },
    ]);
  };
}

/** An agent that comes for its work, by the verbs that the HTTP doors call. */
export async function joinByPull(world: World, script: Script): Promise<ScriptedAgent> {
  const { registry } = world.program().agents;
  const given = { ...registrationOf(script), transport: 'pull' as const };
  const { id, generation } = await registry.register(DEFAULT_ORG_ID, given);
  const visitor = { agentId: id, generation };
  const verbs = () => world.program().agents.pull;
  let isGone = false;
  const abort = new AbortController();
  const send = (report: Report): void => {
    if (!isGone)
      verbs()
        .report(visitor, [report])
        .catch((error) => world.troubles.push(String(error)));
  };
  const works = new Map<string, HandOut>();
  const carrier = createLocalCarrier({
    handlerOf: () => script.handle,
    artefactsOf: () => NO_OBJECTS,
    beatMs: TEST_BEAT_MS,
    reports: {
      ...reportsVia(send),
      result(handOut, outcome) {
        works.delete(handOut.taskId);
        send(toReport(handOut, outcome));
      },
      beat(handOut, progress) {
        const { taskId: task_id, epoch } = handOut;
        const beat = { type: 'beat' as const, task_id, epoch, progress: progress?.fraction };
        if (isGone) return;
        verbs()
          .heartbeat(visitor, { in_flight: works.size }, [beat])
          .then(({ answers: [answer] }) => {
            if (answer && answer.status !== 'ok') carrier.stop({ ...handOut, reason: answer.reason });
          })
          .catch((error) => world.troubles.push(String(error)));
      },
    },
  });
  async function work(): Promise<void> {
    while (!isGone) {
      const claim = {
        max: script.concurrency - works.size,
        inFlight: works.size,
        waitMs: 300,
        signal: abort.signal,
      };
      const { tasks } = await verbs().claim(visitor, claim);
      for (const task of tasks) {
        const handOut = handOutOf(task, id);
        works.set(handOut.taskId, handOut);
        carrier.deliver(handOut);
      }
      if (tasks.length === 0) await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
  const working = work().catch((error) => world.troubles.push(`pull agent: ${error}`));
  return {
    ...{ id, generation },
    async vanish() {
      isGone = true;
      abort.abort();
      await working;
      carrier.close();
    },
  };
}

/** A report over HTTP is a call of the same verb for agents that come and agents that are called. */
export function sayByHttp(world: World): Say {
  return async ({ id, generation }, report) => {
    await world.program().agents.pull.report({ agentId: id, generation }, [report]);
  };
}

function reportsVia(send: (report: Report) => void): Pick<LocalReports, 'log'> {
  return {
    log: ({ taskId, epoch }, line) => send({ type: 'log', task_id: taskId, epoch, ...line }),
  };
}

/** Longer than this, and the agent answers 202 and is asked later. */
const SOON_MS = 100;

/** An agent that listens: a real HTTP server, as somebody would write it who has only read the documents. */
export async function joinByPush(world: World, script: Script): Promise<ScriptedAgent> {
  const outcomes = new Map<string, Outcome>();
  const working = new Map<string, { handOut: HandOut; progress: number; done: () => void }>();
  let visitor = { agentId: '' as AgentId, generation: 0 };
  const keyOf = (handOut: { taskId: string; epoch: number }): string => `${handOut.taskId}:${handOut.epoch}`;
  const carrier = createLocalCarrier({
    handlerOf: () => script.handle,
    artefactsOf: () => NO_OBJECTS,
    beatMs: TEST_BEAT_MS,
    reports: {
      ...reportsVia((report) => void world.program().agents.pull.report(visitor, [report])),
      result(handOut, outcome) {
        outcomes.set(keyOf(handOut), outcome);
        working.get(keyOf(handOut))?.done();
        working.delete(keyOf(handOut));
      },
      beat(handOut, progress) {
        const work = working.get(keyOf(handOut));
        if (work && progress) work.progress = progress.fraction;
      },
    },
  });

  async function takeTask(body: string): Promise<{ status: number; answer: unknown }> {
    const task = tasksMessageSchema.parse(JSON.parse(body)).tasks[0];
    if (!task) return { status: 400, answer: {} };
    const handOut = handOutOf(task, visitor.agentId);
    const key = keyOf(handOut);
    if (!working.has(key) && !outcomes.has(key)) {
      const soon = new Promise<void>((resolve) => {
        working.set(key, { handOut, progress: 0, done: resolve });
        setTimeout(resolve, SOON_MS);
      });
      carrier.deliver(handOut);
      await soon;
    }
    const outcome = outcomes.get(key);
    return outcome ? { status: 200, answer: outcome } : { status: 202, answer: {} };
  }

  function answerStatus(url: URL): { status: number; answer: unknown } {
    const key = `${url.searchParams.get('task_id')}:${url.searchParams.get('epoch')}`;
    const outcome = outcomes.get(key);
    if (outcome) return { status: 200, answer: outcome };
    const work = working.get(key);
    return work
      ? { status: 200, answer: { status: 'running', progress: work.progress } }
      : { status: 404, answer: {} };
  }

  function stopTasks(body: string): { status: number; answer: unknown } {
    for (const { task_id: taskId, epoch, reason } of stopMessageSchema.parse(JSON.parse(body)).stop) {
      carrier.stop({ taskId, epoch, reason, agent: visitor.agentId });
    }
    return { status: 202, answer: {} };
  }

  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://agent');
    const chunks: Buffer[] = [];
    request.on('data', (chunk) => chunks.push(chunk));
    request.on('end', () => {
      const body = Buffer.concat(chunks).toString('utf8');
      const doors: Record<
        string,
        () => { status: number; answer: unknown } | Promise<{ status: number; answer: unknown }>
      > = {
        '/task': () => takeTask(body),
        '/status': () => answerStatus(url),
        '/stop': () => stopTasks(body),
        '/health': () => ({ status: 200, answer: {} }),
      };
      const door = doors[url.pathname] ?? (() => ({ status: 404, answer: {} }));
      void Promise.resolve(door()).then(({ status, answer }) => {
        response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(answer));
      });
    });
  });
  const origin = await listen(server);
  const { registry } = world.program().agents;
  const { id, generation } = await registry.register(DEFAULT_ORG_ID, {
    ...registrationOf(script),
    transport: 'push',
    endpoints: {
      task: `${origin}/task`,
      health: `${origin}/health`,
      status: `${origin}/status`,
      stop: `${origin}/stop`,
    },
  });
  visitor = { agentId: id, generation };
  return {
    ...{ id, generation },
    async vanish() {
      server.close();
      server.closeAllConnections();
      carrier.close();
    },
  };
}

async function listen(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
