import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { AgentFailure, type Assignment } from '#server/agents/agent.ts';
import { handOutOf } from '#server/agents/delivery/wire.ts';
import type { AgentId } from '#server/domain/ids.ts';
import type { Json, JsonObject } from '#server/domain/json.ts';
import type { AssignmentMessage } from '#server/domain/messages.ts';
import type { OpenStage } from '../agent-conformance.ts';
import { createWorld, type World } from '../agent-world.ts';
import { type Script, type ScriptedAgent, sayByHttp } from '../scripted-agents.ts';
import { type Door, openDoor } from './door.ts';

/** How an agent of an SDK is started that asks the test what to do. */
export interface Program {
  command: string;
  args: readonly string[];
  env?: Record<string, string>;
}

type FromAgent =
  | { type: 'ready'; id: AgentId }
  | { type: 'task'; key: string; task: AssignmentMessage }
  | { type: 'stop'; key: string; reason: string };

const NO_OBJECTS = {
  put: () => Promise.reject(new Error('no object store in this test')),
  get: () => Promise.reject(new Error('no object store in this test')),
};

/** A process of its own, with the SDK in it, that joins over HTTP. It vanishes by `kill -9`. */
export async function joinBySdk(
  world: World,
  { door, program }: { door: Door; program: Program },
  script: Script,
): Promise<ScriptedAgent> {
  const { name, capability, concurrency } = script;
  const child = spawn(program.command, [...program.args, JSON.stringify({ name, capability, concurrency })], {
    env: { ...process.env, ...program.env, SIGNALBOX_URL: door.origin, SIGNALBOX_TOKEN: door.token },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const gone = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const id = await playHandler(child, script);
  const [row] = await world.database.sql<{ generation: number }[]>`
    SELECT generation FROM agents WHERE name = ${name}`;
  return {
    id,
    generation: row?.generation ?? 0,
    async vanish() {
      child.kill('SIGKILL');
      await gone;
    },
  };
}

/** Answers what the agent asks by the test's handler; resolves with the agent's id. */
function playHandler(child: ChildProcess, { handle }: Script): Promise<AgentId> {
  const aborts = new Map<string, AbortController>();
  const tell = (order: object): void => {
    // A process that was killed hears nothing more.
    if (child.exitCode === null && child.signalCode === null)
      child.stdin?.write(`${JSON.stringify(order)}\n`);
  };
  child.stdin?.on('error', () => undefined);
  let printed = '';
  child.stderr?.on('data', (chunk: Buffer) => {
    printed += chunk.toString('utf8');
  });

  async function work(key: string, assignment: Assignment): Promise<void> {
    const abort = new AbortController();
    aborts.set(key, abort);
    try {
      const output: Json = await handle(assignment, {
        signal: abort.signal,
        log: (level, message, fields?: JsonObject) => tell({ key, act: 'log', level, message, fields }),
        progress: (fraction, note) => tell({ key, act: 'progress', fraction, note }),
        partial: (chunk) => tell({ key, act: 'partial', chunk }),
        objects: NO_OBJECTS,
      });
      tell({ key, act: 'return', output });
    } catch (error) {
      tell({ key, act: 'throw', ...failureOf(error) });
    }
  }

  return new Promise((resolve, reject) => {
    child.once('close', () => reject(new Error(`The agent ended before it was ready.\n${printed}`)));
    createInterface({ input: child.stdout as NonNullable<ChildProcess['stdout']> }).on('line', (line) => {
      const message = JSON.parse(line) as FromAgent;
      if (message.type === 'ready') resolve(message.id);
      else if (message.type === 'stop') aborts.get(message.key)?.abort(new Error(message.reason));
      else void work(message.key, handOutOf(message.task, '' as AgentId));
    });
  });
}

function failureOf(error: unknown): object {
  if (!(error instanceof AgentFailure))
    return { message: error instanceof Error ? error.message : String(error) };
  const { errorClass, code, message, details } = error;
  return { failure: { class: errorClass, code, message, details } };
}

/** The whole suite's stage: one process for each script. */
export function openSdkStage(program: Program): OpenStage {
  return async (scripts) => {
    const world = await createWorld();
    const door = await openDoor(world);
    const agents: ScriptedAgent[] = [];
    for (const script of scripts) agents.push(await joinBySdk(world, { door, program }, script));
    return {
      world,
      agents,
      say: sayByHttp(world),
      vanish: (agent) => agent.vanish(),
      async [Symbol.asyncDispose]() {
        for (const agent of agents) await agent.vanish();
        await door[Symbol.asyncDispose]();
        await world[Symbol.asyncDispose]();
      },
    };
  };
}
