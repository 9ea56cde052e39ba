// @ts-check
import { AsyncLocalStorage } from 'node:async_hooks';
import { describeFailure, fit, TaskFailure } from './errors.mjs';
import { createHttp } from './http.mjs';
import { createWorkspace } from './workspace.mjs';

/**
 * @import { AgentOptions, Handler, JsonObject, LogLevel, Task } from '../index.mjs'
 * @import { Answer, ToWorker } from './agent.mjs'
 * @import { Granted } from './session.mjs'
 * @typedef {{ key: string, agentId: string, task: Granted, abort: AbortController, flag: Int32Array, lines: number, isAnswered: boolean }} Work
 */

/**
 * The side of an agent that works: calls handlers, and tells the other thread what comes of it.
 * @param {AgentOptions & { tell(message: ToWorker): void }} options
 */
export function createHands({ handlers, url, token, tell }) {
  /** @type {Map<string, Work>} */
  const works = new Map();
  /** Whose work it is that runs just now, for errors that nobody catches. @type {AsyncLocalStorage<Work>} */
  const current = new AsyncLocalStorage();
  const http = createHttp({ url, token });

  /** @param {Work} work @param {Answer} answer */
  function answer(work, answer) {
    if (work.isAnswered) return;
    work.isAnswered = true;
    tell({ type: 'answer', key: work.key, answer });
  }

  /** @param {Work} work @param {unknown} error */
  function fail(work, error) {
    // The flag is up before the signal's event has come through.
    if (isCancelled(work)) answer(work, { type: 'cancelled' });
    else answer(work, { type: 'failed', error: describeFailure(error) });
  }

  /** @param {Work} work */
  async function run(work) {
    try {
      const handler = handlers[String(work.task.capability)];
      if (!handler) throw new TaskFailure('This agent has no handler for the task.', { code: 'NO_HANDLER' });
      const output = await handler(taskOf(work));
      answer(work, { type: 'succeeded', output: toJson(output) });
    } catch (error) {
      fail(work, error);
    } finally {
      works.delete(work.key);
    }
  }

  /** @param {Work} work @returns {Task} */
  function taskOf(work) {
    const { task, abort, key } = work;
    /** @param {LogLevel} level @param {string} message @param {JsonObject} [fields] */
    const log = (level, message, fields) => {
      const line = { line: work.lines, at: new Date().toISOString(), level, message: String(message) };
      work.lines += 1;
      tell({ type: 'log', key, fields: { ...line, ...(fields ? { fields: fit(fields) } : {}) } });
    };
    const granted = /** @type {Omit<Task, 'signal'> & Granted} */ (/** @type {unknown} */ (task));
    const objects = `/agents/${work.agentId}/tasks/${granted.task_id}/objects`;
    const { epoch } = granted;
    return {
      ...granted,
      effectKey: `${granted.run_id}/${granted.stage}`,
      signal: abort.signal,
      get cancelled() {
        return isCancelled(work);
      },
      log,
      progress(fraction, note) {
        if (Number.isFinite(fraction)) {
          tell({ type: 'progress', key, fraction: Math.min(Math.max(fraction, 0), 1), note });
        }
      },
      workspace: createWorkspace(http, granted.task_id, { epoch, signal: abort.signal }),
      partial: (chunk) => log('info', chunk, { partial: true }),
      object: ({ $object }) =>
        http.call({
          path: `${objects}/${encodeURIComponent($object)}`,
          query: { epoch },
          as: 'bytes',
          signal: abort.signal,
        }),
      // The same bytes twice are stored once.
      upload: (content, { name, contentType = 'application/octet-stream' } = {}) =>
        http.call({
          method: 'POST',
          path: objects,
          query: { epoch, name },
          body: typeof content === 'string' ? new TextEncoder().encode(content) : content,
          headers: { 'content-type': contentType },
          isSafe: true,
          signal: abort.signal,
        }),
    };
  }

  /** @param {string} key @param {string} reason */
  function stop(key, reason) {
    const work = works.get(key);
    if (!work) return;
    Atomics.store(work.flag, 0, 1);
    work.abort.abort(new Error(reason));
  }

  return {
    /** @param {{ key: string, agentId: string, task: Granted, shared: SharedArrayBuffer }} granted */
    begin({ key, agentId, task, shared }) {
      const flag = new Int32Array(shared);
      const work = { key, agentId, task, flag, abort: new AbortController(), lines: 0, isAnswered: false };
      works.set(key, work);
      current.run(work, () => void run(work));
    },
    stop,
    /** @param {string} reason */
    stopAll(reason) {
      for (const key of works.keys()) stop(key, reason);
    },
    working: () => works.size,
    /**
     * Takes an error that nobody caught for the failure of the task whose code it came from, as far as that is known.
     * @param {unknown} error @returns {boolean}
     */
    failStray(error) {
      const work = current.getStore() ?? (works.size === 1 ? [...works.values()][0] : undefined);
      if (work) fail(work, error);
      return work !== undefined || works.size > 0;
    },
  };
}

/** @param {Work} work */
const isCancelled = ({ flag }) => Atomics.load(flag, 0) === 1;

/** @param {unknown} output */
function toJson(output) {
  try {
    return JSON.stringify(output) ?? 'null';
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new TaskFailure(`The output cannot be JSON: ${why}`, { class: 'invalid-output', code: 'NOT_JSON' });
  }
}
