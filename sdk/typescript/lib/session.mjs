// @ts-check
import { messageOf, SignalboxError } from './errors.mjs';
import { createHttp } from './http.mjs';
import { createOutbox } from './outbox.mjs';
import { backoffMs, createBell, pause } from './pauses.mjs';

/**
 * @import { AgentEnd } from '../index.mjs'
 * @import { ReportAnswer } from './outbox.mjs'
 * @typedef {{ task_id: string, epoch: number, beat_within_ms?: number, [field: string]: unknown }} Granted
 * @typedef {{ task: Granted, isStopped: boolean, hasNews: boolean, beatEveryMs: number, progress?: { fraction: number, note?: string | undefined } }} Work
 * @typedef {{ order: 'serve' | 'drain' | 'pause' | 'quarantine' | 'retire', generation: number, max?: number, reason?: string }} Orders
 * @typedef {{ registration: { max_concurrency: number, [field: string]: unknown }, url?: string | undefined,
 *   token?: string | undefined, beatMs: number }} SessionOptions
 * @typedef {{ begin(key: string, task: Granted): void, stop(key: string, reason: string): void,
 *   trouble(message: string): void, end(end: AgentEnd): void }} Hands
 */

const CLAIM_MS = 20_000;
const ANSWER_MS = 15_000;
/** An answer without a task that comes sooner than this was no wait: the next claim is not made at once. */
const NO_WAIT_MS = 500;
const PROGRESS_MS = 100;
const FLUSH_MS = 10_000;
const MAX_BEATS = 1000;
const MAX_MESSAGE = 8000;

/** @param {{ task_id: string, epoch: number }} task */
export const keyOf = ({ task_id, epoch }) => `${task_id} ${epoch}`;

/**
 * Everything that an agent says to the server and hears from it. It knows the work by name only; `hands` do it.
 * @param {SessionOptions} options @param {Hands} hands
 */
export function createSession(options, hands) {
  const { registration, beatMs } = options;
  const http = createHttp({ url: options.url, token: options.token, timeoutMs: ANSWER_MS });
  /** @type {Map<string, Work>} */
  const works = new Map();
  const claimBell = createBell();
  const beatBell = createBell();
  const over = new AbortController();
  const leaving = new AbortController();
  let identity = { id: '', generation: 0 };
  /** @type {Promise<void> | null} */
  let registering = null;
  /** @type {Orders['order']} */
  let order = 'serve';
  let limit = registration.max_concurrency;
  let lastHeardAt = 0;
  let isLeaving = false;
  let isClaiming = false;

  const outbox = createOutbox({
    async send(texts) {
      const body = (/** @type {number} */ generation) =>
        `{"generation":${generation},"reports":[${texts.join(',')}]}`;
      const answers = (await ask('reports', body))?.answers;
      // What has not been answered one by one is kept, and told again: a proxy may have answered.
      if (Array.isArray(answers) && answers.length === texts.length) return answers;
      throw new SignalboxError('UNREACHABLE', 'The answer to reports is no answer of Signalbox.');
    },
    hear: (key, answer) => hear(key, answer),
    onTrouble: hands.trouble,
    signal: over.signal,
  });

  /**
   * One call as this agent. A server that does not know it (its database is another one now) is told again who it is.
   * @param {string} word @param {(generation: number) => string} bodyOf
   * @param {{ signal?: AbortSignal, timeoutMs?: number }} [how]
   */
  async function ask(word, bodyOf, how = {}) {
    const known = identity;
    try {
      const path = `/agents/${known.id}/${word}`;
      const body = bodyOf(known.generation);
      return await http.once({ method: 'POST', path, body, signal: over.signal, ...how });
    } catch (error) {
      if (!(error instanceof SignalboxError) || error.status !== 404 || error.code !== 'NOT_FOUND')
        throw error;
      if (identity === known) await registerAgain();
      throw error;
    }
  }

  function registerAgain() {
    if (registering !== null) return registering;
    hands.trouble('The server does not know this agent any more; it registers again.');
    registering = register().finally(() => {
      registering = null;
    });
    return registering;
  }

  async function register() {
    const body = { ...registration, transport: 'pull' };
    const answer = await http.once({ method: 'POST', path: '/agents/register', body, signal: over.signal });
    identity = { id: answer.agent_id, generation: answer.generation };
  }

  /** Refusals end it; a server that is not there yet is waited for. */
  async function registerFirst() {
    for (let failures = 1; ; failures += 1) {
      try {
        return await register();
      } catch (error) {
        const isRefused =
          error instanceof SignalboxError && [400, 401, 403, 404, 409].includes(error.status ?? 0);
        if (isRefused || over.signal.aborted) throw error;
        if (failures === 1) hands.trouble(`Waiting for the server: ${messageOf(error)}`);
        const retryAfterMs = error instanceof SignalboxError ? error.retryAfterMs : undefined;
        await pause(backoffMs(failures, { mostMs: 5000, retryAfterMs }), over.signal);
      }
    }
  }

  /** @param {AgentEnd} end */
  function finish(end) {
    if (over.signal.aborted) return;
    isLeaving = true;
    for (const [key, work] of works) stop(key, work, end.message);
    over.abort();
    leaving.abort();
    claimBell.ring();
    beatBell.ring();
    hands.end(end);
  }

  /** @param {string} key @param {Work} work @param {string} reason */
  function stop(key, work, reason) {
    if (work.isStopped) return;
    work.isStopped = true;
    hands.stop(key, reason);
  }

  /** @param {string} key @param {ReportAnswer} answer */
  function hear(key, answer) {
    const work = works.get(key);
    if (work && answer.status !== 'ok') stop(key, work, answer.reason || 'the task is no longer wanted');
  }

  /**
   * A call of before it registered again is told that another took its place: it was this one.
   * @param {typeof identity} asked
   */
  const isStill = (asked) => asked === identity && registering === null;

  /** @param {Orders} orders @param {typeof identity} asked who it was when it asked */
  function obey(orders, asked) {
    lastHeardAt = performance.now();
    if (orders.order === 'retire' && !isStill(asked)) return;
    if (orders.order === 'retire') {
      finish({
        why: 'replaced',
        message: orders.reason ?? 'another process has this name, or it was taken off the list',
      });
      return;
    }
    if (orders.order !== order) {
      const because = orders.reason ? `: ${orders.reason}` : '';
      hands.trouble(`The server says ${orders.order}${because}.`);
    }
    order = orders.order;
    limit = Math.min(orders.max ?? registration.max_concurrency, registration.max_concurrency);
    if (order === 'serve') claimBell.ring();
  }

  /** @param {Granted} task */
  function begin(task) {
    const key = keyOf(task);
    // The same hand-out twice: it is under way.
    if (works.has(key)) return;
    for (const [other, work] of works) {
      if (work.task.task_id === task.task_id) stop(other, work, 'the task was handed out anew');
    }
    // Three signs of life fit into the time in which one must come.
    const beatEveryMs = Math.min(beatMs, (task.beat_within_ms ?? Number.POSITIVE_INFINITY) / 3);
    works.set(key, { task, isStopped: false, hasNews: true, beatEveryMs });
    beatBell.ring();
    hands.begin(key, task);
  }

  /** @param {string} key @param {Granted} task */
  function giveBack(key, task) {
    outbox.add({ key, isAnswer: true, text: reportText(task, 'released') });
  }

  /** @param {typeof identity} asking */
  async function claim(asking) {
    const startedAt = performance.now();
    const max = Math.min(limit - works.size, 1000);
    const wish = { max, in_flight: works.size, wait_ms: CLAIM_MS };
    isClaiming = true;
    const { tasks, orders } = await ask('claim', (generation) => JSON.stringify({ generation, ...wish }), {
      signal: leaving.signal,
      timeoutMs: CLAIM_MS + ANSWER_MS,
    }).finally(() => {
      isClaiming = false;
    });
    for (const task of tasks) {
      if (isLeaving) giveBack(keyOf(task), task);
      else begin(task);
    }
    obey(orders, asking);
    const wasWait = tasks.length > 0 || performance.now() - startedAt > NO_WAIT_MS;
    if (!wasWait) await pause(NO_WAIT_MS, leaving.signal);
  }

  async function claimOn() {
    let failures = 0;
    while (!isLeaving) {
      if (order !== 'serve' || works.size >= limit) {
        await claimBell.wait(60_000);
        continue;
      }
      const asking = identity;
      try {
        await claim(asking);
        failures = 0;
      } catch (error) {
        if (isLeaving) return;
        if (error instanceof SignalboxError && error.status === 409 && isStill(asking)) {
          finish({ why: 'replaced', message: messageOf(error) });
          return;
        }
        failures += 1;
        if (failures === 1) hands.trouble(`No tasks can be had just now: ${messageOf(error)}`);
        const retryAfterMs = error instanceof SignalboxError ? error.retryAfterMs : undefined;
        await pause(backoffMs(failures, { retryAfterMs }), leaving.signal);
      }
    }
  }

  /** @param {[string, Work][]} due */
  async function beat(due) {
    const tasks = due.map(([, { task, progress }]) => ({
      type: 'beat',
      task_id: task.task_id,
      epoch: task.epoch,
      ...(progress === undefined ? {} : { progress: progress.fraction, note: progress.note }),
    }));
    const load = works.size / registration.max_concurrency;
    const sign = { in_flight: works.size, load, draining: isLeaving };
    for (const [, work] of due) work.hasNews = false;
    const asking = identity;
    const answer = await ask('heartbeat', (generation) => JSON.stringify({ generation, beat: sign, tasks }));
    due.forEach(([key], at) => {
      hear(key, answer.answers[at]);
    });
    obey(answer, asking);
  }

  /** Those whose turn it is; between the turns only those who have news. @param {boolean} isTurn */
  async function beatAll(isTurn) {
    const due = [...works].filter(([, work]) => !work.isStopped && (isTurn || work.hasNews));
    if (due.length === 0 && isTurn) await beat([]);
    for (let at = 0; at < due.length; at += MAX_BEATS) await beat(due.slice(at, at + MAX_BEATS));
  }

  async function beatOn() {
    let failures = 0;
    let turnAt = 0;
    while (!over.signal.aborted) {
      const everyMs = Math.min(beatMs, ...[...works.values()].map((work) => work.beatEveryMs));
      await beatBell.wait(Math.max(0, Math.min(turnAt - performance.now(), everyMs)));
      if (over.signal.aborted) return;
      const now = performance.now();
      const isTurn = now >= turnAt;
      // A claim under way is a sign of life by itself.
      const isDue = works.size > 0 || (!isClaiming && now - lastHeardAt >= beatMs);
      if (isTurn) turnAt = now + everyMs;
      if (!isDue) continue;
      try {
        await beatAll(isTurn);
        failures = 0;
      } catch (error) {
        failures += 1;
        if (failures === 1) hands.trouble(`A sign of life did not get through: ${messageOf(error)}`);
        const retryAfterMs = error instanceof SignalboxError ? error.retryAfterMs : undefined;
        turnAt = performance.now() + (retryAfterMs ?? Math.min(everyMs, backoffMs(failures)));
      }
      // Not more often than this, however often progress is told.
      await pause(Math.min(PROGRESS_MS, everyMs), over.signal);
    }
  }

  /** @param {number} withinMs */
  async function untilIdle(withinMs) {
    const until = performance.now() + withinMs;
    while (works.size > 0 && performance.now() < until && !over.signal.aborted) {
      await claimBell.wait(Math.max(0, until - performance.now()));
    }
  }

  return {
    identity: () => identity,
    async start() {
      await registerFirst();
      void claimOn();
      void beatOn();
    },
    /** @param {string} key @param {Record<string, unknown>} fields one report's, but for what names the task */
    log(key, fields) {
      const work = works.get(key);
      if (work) outbox.add({ key, isAnswer: false, text: reportText(work.task, 'log', fields) });
    },
    /** @param {string} key @param {number} fraction @param {string} [note] */
    progress(key, fraction, note) {
      const work = works.get(key);
      if (!work) return;
      const before = work.progress;
      work.progress = { fraction: Math.max(fraction, before?.fraction ?? 0), note: note ?? before?.note };
      work.hasNews = true;
      beatBell.ring();
    },
    /** @param {string} key @param {{ type: string, output?: string, error?: { message: string } }} answer the output as JSON */
    answer(key, { type, output, error }) {
      const work = works.get(key);
      if (!work) return;
      works.delete(key);
      const text = reportText(work.task, type, { output, ...(error ? { error } : {}) });
      const instead = (/** @type {string} */ why) =>
        reportText(work.task, 'failed', {
          error: type === 'failed' ? plainer(error, why) : refusedOutput(why),
        });
      outbox.add({
        ...{ key, isAnswer: true, text },
        ...(type === 'succeeded' || type === 'failed' ? { replace: instead } : {}),
      });
      claimBell.ring();
    },
    /** @param {number} withinMs */
    async drain(withinMs) {
      if (!isLeaving)
        hands.trouble(`The agent leaves: it takes nothing new, and has ${works.size} to finish.`);
      isLeaving = true;
      leaving.abort();
      beatBell.ring();
      await untilIdle(withinMs);
      for (const [key, work] of works) {
        stop(key, work, 'the agent leaves');
        works.delete(key);
        giveBack(key, work.task);
      }
      await Promise.race([outbox.flushed(), pause(FLUSH_MS)]);
      await beat([]).catch(() => {});
      finish({ why: 'drained', message: 'It has finished or given back what it had.' });
    },
    stop: () => finish({ why: 'stopped', message: 'the agent was stopped' }),
  };
}

/** @param {string} message */
const refusedOutput = (message) => ({ class: 'invalid-output', code: 'OUTPUT_REFUSED', message });

/**
 * A failure that the server would not have is one all the same: what people read of it stays.
 * @param {{ message: string } | undefined} error @param {string} why
 */
function plainer(error, why) {
  const told = (error?.message ?? '').slice(0, MAX_MESSAGE);
  return {
    class: 'agent',
    code: 'FAILURE_REFUSED',
    message: `${told} (The server refused the rest of what the agent said of it: ${why})`,
  };
}

/** @param {Granted} task @param {string} type @param {{ output?: string | undefined, [field: string]: unknown }} [more] the output is JSON already */
function reportText({ task_id, epoch }, type, { output, ...fields } = {}) {
  const text = JSON.stringify({ type, task_id, epoch, ...fields });
  return output === undefined ? text : `${text.slice(0, -1)},"output":${output}}`;
}
