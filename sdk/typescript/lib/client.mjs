// @ts-check
import { randomUUID } from 'node:crypto';
import { followRun } from './events.mjs';
import { createHttp } from './http.mjs';
import { readLog } from './logs.mjs';
import { createWorkspace } from './workspace.mjs';

/** @import { Http } from './http.mjs' */
/** @import { Client, ClientOptions, FollowOptions, PageQuery, TaskDetail } from '../index.mjs' */

const segment = encodeURIComponent;

/** As many as the server gives in one answer, where all are wanted. */
const PAGE = { versions: 200, letters: 500 };

/**
 * A request that makes something new carries a key: sent twice, for want of an answer, it has effect once.
 * @param {Http} http
 */
function createOnce(http) {
  /** @param {string} path @param {unknown} body @param {{ idempotencyKey?: string | undefined }} [options] */
  return (path, body, { idempotencyKey = randomUUID() } = {}) =>
    http.call({
      method: 'POST',
      path,
      body: body ?? {},
      headers: { 'idempotency-key': idempotencyKey },
      isSafe: true,
    });
}

/**
 * Every page of a list, item by item.
 * @template Item
 * @param {(query: any) => Promise<any>} list @param {string} field @param {object} [query]
 * @returns {AsyncGenerator<Item, void, void>}
 */
async function* everyPage(list, field, query) {
  let cursor;
  do {
    const page = await list({ ...query, ...(cursor ? { cursor } : {}) });
    yield* page[field];
    cursor = page.next_cursor;
  } while (cursor);
}

/** @template Item @param {AsyncIterable<Item>} items @returns {Promise<Item[]>} */
async function all(items) {
  const found = [];
  for await (const item of items) found.push(item);
  return found;
}

/** @param {Http} http @returns {Client['pipelines']} */
function pipelineCalls(http) {
  const of = (/** @type {string} */ id, rest = '') => `/pipelines/${segment(id)}${rest}`;
  const once = createOnce(http);
  /** @type {Client['pipelines']['list']} */
  const list = (query) => http.call({ path: '/pipelines', query });
  return {
    list,
    all: (query) => everyPage(list, 'pipelines', query),
    create: (body, options) => once('/pipelines', body, options),
    import: (body, options) => once('/pipelines/import', body, options),
    validate: (body) => http.call({ method: 'POST', path: '/pipelines/validate', body, isSafe: true }),
    get: (id) => http.call({ path: of(id) }),
    // The revision in it makes the second one a conflict, not a second change.
    updateDraft: (id, body) => http.call({ method: 'PUT', path: of(id, '/draft'), body }),
    // Publishing what is published changes nothing.
    publish: (id, body = {}) => http.call({ method: 'POST', path: of(id, '/publish'), body, isSafe: true }),
    versions: (id) =>
      all(
        everyPage((query) => http.call({ path: of(id, '/versions'), query }), 'versions', {
          limit: PAGE.versions,
        }),
      ),
    export: (id, query) => http.call({ path: of(id, '/export'), query, as: 'text' }),
  };
}

/** @param {Http} http @returns {Client['runs']} */
function runCalls(http) {
  const of = (/** @type {string} */ id, rest = '') => `/runs/${segment(id)}${rest}`;
  const once = createOnce(http);
  /** The same order twice is one order. @param {string} word */
  const steer =
    (word) =>
    (/** @type {string} */ id, body = {}) =>
      http.call({ method: 'POST', path: of(id, `/${word}`), body, isSafe: true });
  /** @type {Client['runs']['list']} */
  const list = ({ status, ...query } = {}) =>
    http.call({
      path: '/runs',
      query: { ...query, status: Array.isArray(status) ? status.join(',') : status },
    });
  /** @type {Client['runs']['get']} */
  const get = (id, query) => http.call({ path: of(id), query });
  /** @type {Client['runs']['follow']} */
  const follow = (id, options) => followRun(http, id, options);
  return {
    list,
    all: (query) => everyPage(list, 'runs', query),
    start: (pipelineId, body, options) => once(`/pipelines/${segment(pipelineId)}/execute`, body, options),
    get,
    cancel: steer('cancel'),
    pause: (id) => steer('pause')(id),
    resume: (id) => steer('resume')(id),
    kill: (id) => steer('kill')(id),
    replay: (id, body, options) => once(of(id, '/replay'), body, options),
    // The second time is another entry of the audit, and no other change.
    reveal: (id, body = {}) => http.call({ method: 'POST', path: of(id, '/reveal'), body, isSafe: true }),
    events: (id, query) => http.call({ path: of(id, '/events'), query }),
    follow,
    logs: (id, options) => readLog(http, id, options),
    async wait(id, { signal } = {}) {
      const { seq } = await get(id);
      for await (const _ of follow(id, { after: seq, signal }));
      return get(id);
    },
    object: (id, { $object }) => http.call({ path: of(id, `/objects/${segment($object)}`), as: 'bytes' }),
  };
}

/** @param {Http} http @returns {Client['tasks']} */
function taskCalls(http) {
  const of = (/** @type {string} */ id, rest = '') => `/tasks/${segment(id)}${rest}`;
  const once = createOnce(http);
  /** @type {Client['tasks']['get']} */
  const get = (id) => http.call({ path: of(id) });
  /** @type {Client['tasks']['submit']} */
  const submit = (body, options) => once('/tasks', body, options);
  /** @type {Client['tasks']['wait']} */
  const wait = async (id, { signal } = {}) => {
    let after = 0;
    for (;;) {
      const task = await get(id);
      if (task.finished_at) return task;
      const ended = await untilTaskEnds(http, task, { after, signal });
      if (ended === null) return get(id);
      // Looked at again: it may have been the end before a retry.
      after = ended;
    }
  };
  return {
    submit,
    get,
    wait,
    run: async (body, { signal, ...options } = {}) =>
      wait((await submit(body, options)).task_id, signal ? { signal } : {}),
    logs: async (id, query) => (await http.call({ path: of(id, '/logs'), query })).logs,
    retry: (id, { attempt } = {}) =>
      http.call({ method: 'POST', path: of(id, '/retry'), body: attempt === undefined ? {} : { attempt } }),
  };
}

/** Whoever says how many gets one answer of them. @param {Http} http @param {PageQuery} [query] */
async function readLetters(http, query = {}) {
  /** @param {PageQuery} page */
  const ask = (page) => http.call({ path: '/dead-letters', query: page });
  if (query.limit !== undefined) return (await ask(query)).dead_letters;
  return all(everyPage(ask, 'dead_letters', { ...query, limit: PAGE.letters }));
}

const ENDS = new Set(['task.succeeded', 'task.reused', 'task.failed', 'task.skipped', 'task.cancelled']);

/**
 * The number of the event with which the task ended; null when its whole run is over.
 * @param {Http} http @param {TaskDetail} task @param {FollowOptions} options
 */
async function untilTaskEnds(http, { run_id, task_id }, options) {
  const place = Number(task_id.slice(task_id.lastIndexOf('_') + 1));
  for await (const event of followRun(http, run_id, options)) {
    if (event.task === place && ENDS.has(event.type)) return event.seq;
  }
  return null;
}

/** @param {ClientOptions} [options] @returns {Client} */
export function createClient(options) {
  const http = createHttp(options);
  return {
    pipelines: pipelineCalls(http),
    runs: runCalls(http),
    tasks: taskCalls(http),
    agents: {
      list: (query) => all(everyPage((page) => http.call({ path: '/agents', query: page }), 'agents', query)),
      get: (id) => http.call({ path: `/agents/${segment(id)}` }),
      order: (id, body) =>
        http.call({ method: 'POST', path: `/agents/${segment(id)}/orders`, body, isSafe: true }),
    },
    queues: {
      list: (query) => all(everyPage((page) => http.call({ path: '/queues', query: page }), 'queues', query)),
      deadLetters: (query) => readLetters(http, query),
      replayDeadLetter: (id) =>
        http.call({ method: 'POST', path: `/dead-letters/${segment(id)}/replay`, body: {} }),
      discardDeadLetter: (id, body) =>
        http.call({ method: 'POST', path: `/dead-letters/${segment(id)}/discard`, body }),
    },
    workspace: (taskId, options) => createWorkspace(http, taskId, options),
    request: (method, path, { body, query } = {}) => http.call({ method, path, body, query }),
  };
}
