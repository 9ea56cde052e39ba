import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import { inFull, SignalboxError } from '#server/domain/errors.ts';
import type { HandOut, StopOrder } from '#server/domain/hands.ts';
import type { AgentId, TaskId } from '#server/domain/ids.ts';
import { parseJsonBounded } from '#server/domain/json.ts';
import { jsonSchema } from '#server/domain/json-shape.ts';
import { MESSAGE_VERSION, type Report, taskErrorSchema } from '#server/domain/messages.ts';
import type { ReportAnswer, ReportSink } from '#server/domain/reports.ts';
import { despiteOutages } from '#server/platform/despite-outages.ts';
import { readRetryAfter } from '#server/platform/retry-after.ts';
import type { SafeFetch, SafeResponse } from '#server/platform/safe-fetch.ts';
import type { Carrier, HeldHere } from '../dispatcher.ts';
import type { AgentNow } from '../registry/fleet.ts';
import type { Presence } from '../registry/presence.ts';
import type { AgentRecord } from '../registry/records.ts';
import type { WholeAssignments } from '../whole-assignments.ts';
import { toMessage } from './wire.ts';

export interface HttpPushOptions {
  fetch: SafeFetch;
  sink(): ReportSink;
  recordOf(agent: AgentId): AgentRecord | undefined;
  /** The agent gets nothing new for so long. */
  cool(agent: AgentId, forMs: number): void;
  /** Says of a task that its agent has not taken it yet. Its next sign of life ends that. */
  tellUnanswered(handOut: HandOut, agent: AgentRecord): Promise<unknown>;
  /** How long an agent may think before it answers a task with 200 or 202: well within the lease. */
  answerMs?: number;
  /** An agent that has not answered by then has not taken it, as far as anybody knows. */
  promptMs?: number;
  /** How often a task that was taken with 202 is asked after. */
  pollMs?: number;
  whole: WholeAssignments;
  onTrouble(message: string, error: unknown): void;
}

export interface HttpPush extends Carrier {
  /** Asks every agent that work is pushed to whether it lives; a yes is a beat. */
  askHealth(agents: readonly AgentNow[], presence: Presence): Promise<void>;
  /** A process that has gone gave these away: whoever has them is asked after them from now on, if it can be asked. */
  takeUp(held: readonly HeldHere[]): void;
  /** Waits for the answers to what was sent, but no longer than that. */
  finish(withinMs: number): Promise<void>;
  close(): void;
}

/** What an agent answers of a task, at once or when it is asked later. */
const goingSchema = z.object({
  status: z.literal('running'),
  progress: z.number().min(0).max(1).optional(),
  note: z.string().optional(),
});
const endSchema = z.discriminatedUnion('status', [
  z.object({ status: z.literal('succeeded'), output: jsonSchema.default(null) }),
  z.object({ status: z.literal('failed'), error: taskErrorSchema }),
  z.object({ status: z.literal('cancelled') }),
]);
const statusSchema = z.union([goingSchema, endSchema]);

/** What is asked after is known by its name alone. */
type Followed = Pick<HandOut, 'taskId' | 'epoch' | 'beatWithinMs'>;

interface Work {
  task: Followed;
  record: AgentRecord;
  abort: AbortController;
  timer: NodeJS.Timeout | undefined;
}

const MAX_ANSWER = { maxBytes: 16 * 1024 * 1024, maxDepth: 80 };
const DEFAULT_COOL_MS = 5000;
const MAX_COOL_MS = 300_000;
const TRIES = 3;
const BUSY = new Set([429, 503]);

/** Work for agents that listen: each task is a POST, and 202 means that the end comes later. */
export function createHttpPush(options: HttpPushOptions): HttpPush {
  const { fetch } = options;
  const answerMs = options.answerMs ?? 20_000;
  const pollMs = options.pollMs ?? 2000;
  const promptMs = options.promptMs ?? 1000;
  const works = new Map<TaskId, Work>();
  const sending = new Set<Promise<unknown>>();
  const asking = new Set<AgentId>();

  async function report(work: Work, said: Report): Promise<ReportAnswer | undefined> {
    const from = { agentId: work.record.id, orgId: work.record.orgId };
    const [answer] = await options.sink().report(from, [said]);
    return answer;
  }

  const nameOf = ({ task: { taskId, epoch } }: Work) => ({ task_id: taskId, epoch });

  async function send(work: Work, handOut: HandOut): Promise<SafeResponse> {
    const { record, abort } = work;
    const request = {
      url: record.endpoints?.task ?? '',
      method: 'POST' as const,
      headers: {
        'content-type': 'application/json',
        // The same hand-out sent twice is one task to the agent.
        'idempotency-key': `${handOut.taskId}:${handOut.epoch}`,
      },
      body: JSON.stringify({ version: MESSAGE_VERSION, tasks: [toMessage(handOut)] }),
      timeoutMs: answerMs,
      maxBytes: MAX_ANSWER.maxBytes,
      signal: abort.signal,
    };
    for (let tries = 1; ; tries += 1) {
      try {
        return await fetch(request);
      } catch (error) {
        const again = error instanceof SignalboxError && error.code === 'UNAVAILABLE' && tries < TRIES;
        if (!again || abort.signal.aborted) throw error;
      }
    }
  }

  /** It counts as running from the moment it is handed out: while nobody has taken it, it says so. */
  async function sendAndTell(work: Work, handOut: HandOut): Promise<SafeResponse> {
    let told: Promise<unknown> | undefined;
    const timer = setTimeout(() => {
      told = options.tellUnanswered(handOut, work.record);
      guard(work, told);
    }, promptMs);
    const sent = send(work, handOut).finally(() => {
      clearTimeout(timer);
      sending.delete(sent);
    });
    sending.add(sent);
    const response = await sent;
    // Any other answer ends the attempt, and its wait with it.
    if (told && response.status === 202) {
      await told.catch(() => undefined);
      await report(work, { type: 'beat', ...nameOf(work) });
    }
    return response;
  }

  async function run(work: Work, given: HandOut): Promise<void> {
    const handOut = await fill(work, given);
    if (!handOut || !isOurs(work)) return;
    const response = await sendAndTell(work, handOut).catch((error: unknown) => refuse(work, error));
    if (!response || !isOurs(work)) return;
    if (response.status === 202) return follow(work);
    if (BUSY.has(response.status)) {
      const asked = readRetryAfter(response.headers['retry-after'], Date.now()) || DEFAULT_COOL_MS;
      options.cool(work.record.id, Math.min(asked, MAX_COOL_MS));
      return end(work, { type: 'released', ...nameOf(work) });
    }
    if (response.status !== 200) {
      return fail(work, 'AGENT_HTTP_STATUS', `The agent answered with status ${response.status}.`);
    }
    const answer = readAnswer(endSchema, response.body);
    if (!answer) return fail(work, 'AGENT_ANSWER', 'The agent answered with something that is no result.');
    const { status, ...rest } = answer;
    await end(work, { type: status, ...nameOf(work), ...rest } as Report);
  }

  /** With large values whole. Null: it has ended otherwise. */
  async function fill(work: Work, given: HandOut): Promise<HandOut | null> {
    try {
      const filled = await options.whole.fill(given);
      if (filled.ok) return filled.assignment;
      await end(work, { type: 'failed', ...nameOf(work), error: filled.error });
    } catch (error) {
      // The object store is away: the agent is left alone for a while, as the task would come back at once.
      options.onTrouble('A large input could not be fetched; the task is given back.', error);
      options.cool(work.record.id, DEFAULT_COOL_MS);
      await end(work, { type: 'released', ...nameOf(work) });
    }
    return null;
  }

  /** Not reached, or no answer: others may do better, and this one is left alone for a while. */
  async function refuse(work: Work, error: unknown): Promise<null> {
    if (work.abort.signal.aborted) return null;
    if (error instanceof SignalboxError && error.code === 'UNAVAILABLE') {
      options.cool(work.record.id, DEFAULT_COOL_MS);
      await end(work, { type: 'released', ...nameOf(work) });
    } else {
      const why = error instanceof Error ? error.message : String(error);
      await fail(work, 'AGENT_UNREACHABLE', error instanceof SignalboxError ? inFull(error) : why);
    }
    return null;
  }

  function begin(task: Followed, record: AgentRecord): Work {
    const work: Work = { task, record, abort: new AbortController(), timer: undefined };
    works.set(task.taskId, work);
    return work;
  }

  function fail(work: Work, code: string, message: string): Promise<void> {
    return end(work, { type: 'failed', ...nameOf(work), error: { class: 'agent', code, message } });
  }

  /** Nobody says it twice: it is told until it counts, or its lease has gone and somebody else has the task. */
  async function end(work: Work, said: Report): Promise<void> {
    clearTimeout(work.timer);
    const onAway = (error: unknown) =>
      options.onTrouble(`What ${work.record.name} answered could not be stored; it is tried again.`, error);
    try {
      await despiteOutages(() => report(work, said), { signal: work.abort.signal, onAway });
    } finally {
      forget(work);
    }
  }

  const isOurs = (work: Work): boolean => works.get(work.task.taskId) === work;

  function forget(work: Work): void {
    clearTimeout(work.timer);
    if (isOurs(work)) works.delete(work.task.taskId);
  }

  /** Taken for later. An agent with a status endpoint is asked; one without reports by itself, or loses its lease. */
  function follow(work: Work): void {
    const { status } = work.record.endpoints ?? {};
    if (status === undefined) {
      forget(work);
      return;
    }
    const everyMs = Math.min(pollMs, (work.task.beatWithinMs ?? Number.POSITIVE_INFINITY) / 3);
    work.timer = setTimeout(() => {
      guard(
        work,
        ask(work, status).then(() => (isOurs(work) ? follow(work) : undefined)),
      );
    }, everyMs);
    work.timer.unref();
  }

  async function ask(work: Work, endpoint: string): Promise<void> {
    const url = new URL(endpoint);
    url.searchParams.set('task_id', work.task.taskId);
    url.searchParams.set('epoch', String(work.task.epoch));
    const request = {
      url: url.href,
      timeoutMs: answerMs,
      maxBytes: MAX_ANSWER.maxBytes,
      signal: work.abort.signal,
    };
    // Silence renews no lease; when it has gone, the engine takes the task away and stops us.
    const response = await fetch(request).catch(() => null);
    if (!response || !isOurs(work)) return;
    // It does not know the task: it has lost it. Its lease runs out by itself.
    if (response.status === 404) return forget(work);
    const answer = response.status === 200 ? readAnswer(statusSchema, response.body) : null;
    if (!answer) return;
    const { status, ...rest } = answer;
    const isGoing = goingSchema.safeParse(answer).success;
    if (!isGoing) return end(work, { type: status, ...nameOf(work), ...rest } as Report);
    const told = await report(work, { type: 'beat', ...nameOf(work), ...rest } as Report);
    if (told?.status === 'stale' || told?.status === 'unknown') forget(work);
  }

  function guard(work: Work, promise: Promise<unknown>): void {
    promise.catch((error) => options.onTrouble(`Work pushed to ${work.record.name} went wrong.`, error));
  }

  async function tellStop(record: AgentRecord, order: StopOrder): Promise<void> {
    const { endpoints } = record;
    if (!endpoints) return;
    const { taskId: task_id, epoch, reason } = order;
    if (endpoints.stop !== undefined) {
      const body = JSON.stringify({ version: MESSAGE_VERSION, stop: [{ task_id, epoch, reason }] });
      const headers = { 'content-type': 'application/json' };
      await fetch({ url: endpoints.stop, method: 'POST', headers, body, timeoutMs: 5000, maxBytes: 65_536 });
      return;
    }
    const url = new URL(endpoints.task);
    url.pathname = `${url.pathname.replace(/\/$/, '')}/${task_id}`;
    url.searchParams.set('epoch', String(epoch));
    await fetch({ url: url.href, method: 'DELETE', timeoutMs: 5000, maxBytes: 65_536 });
  }

  async function askOne(record: AgentRecord, presence: Presence, inFlight: number): Promise<void> {
    if (!record.endpoints || asking.has(record.id)) return;
    asking.add(record.id);
    try {
      const response = await fetch({ url: record.endpoints.health, timeoutMs: 3000, maxBytes: 65_536 });
      if (response.status === 200) {
        await presence.beat(record.id, { generation: record.generation, in_flight: inFlight });
      }
    } catch {
      // No beat: it will look stale, then offline, and people see that.
    } finally {
      asking.delete(record.id);
    }
  }

  return {
    deliver(handOut) {
      const record = options.recordOf(handOut.agent);
      if (!record) return;
      const work = begin(handOut, record);
      guard(work, run(work, handOut));
    },
    stop(order) {
      const record = options.recordOf(order.agent);
      if (!record) return;
      // Whoever is being cancelled may still say how it ended: it is heard until its lease has gone.
      tellStop(record, order).catch((error) =>
        options.onTrouble(`${record.name} could not be told to stop a task.`, error),
      );
    },
    async askHealth(agents, presence) {
      const pushed = agents.filter(({ record }) => record.endpoints !== null && record.transport === 'push');
      await Promise.all(pushed.map(({ record, inFlight }) => askOne(record, presence, inFlight)));
    },
    takeUp(held) {
      for (const { agent, ...task } of held) {
        const record = options.recordOf(agent);
        if (record?.transport === 'push' && record.endpoints?.status !== undefined && !works.has(task.taskId))
          follow(begin(task, record));
      }
    },
    async finish(withinMs) {
      const ended = Promise.allSettled(sending);
      await Promise.race([ended, delay(withinMs, undefined, { ref: false })]);
    },
    close() {
      for (const work of works.values()) {
        clearTimeout(work.timer);
        work.abort.abort();
      }
      works.clear();
    },
  };
}

function readAnswer<Schema extends z.ZodType>(schema: Schema, body: string): z.output<Schema> | null {
  const json = parseJsonBounded(body, MAX_ANSWER);
  const answer = json.ok ? schema.safeParse(json.value) : null;
  return answer?.success ? answer.data : null;
}
