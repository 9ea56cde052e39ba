// @ts-check
/** @import { ErrorClass, JsonObject } from '../index.mjs' */

/** What the server refused, or that it could not be reached: why, and what to do about it. */
export class SignalboxError extends Error {
  /**
   * @param {string} code @param {string} message
   * @param {{ status?: number | undefined, advice?: string | undefined, requestId?: string | undefined,
   *   retryAfterMs?: number | undefined, details?: JsonObject | undefined, wasSent?: boolean, cause?: unknown }} [more]
   */
  constructor(code, message, more = {}) {
    super(message, more.cause === undefined ? undefined : { cause: more.cause });
    this.name = 'SignalboxError';
    this.code = code;
    /** The HTTP status; undefined when there was no answer. */
    this.status = more.status;
    this.advice = more.advice;
    this.requestId = more.requestId;
    this.retryAfterMs = more.retryAfterMs;
    this.details = more.details ?? {};
    /** False: the server has certainly not seen the request. */
    this.wasSent = more.wasSent ?? true;
  }
}

/** @type {readonly ErrorClass[]} */
const CLASSES = ['agent', 'timeout', 'invalid-input', 'invalid-output', 'rate-limited', 'lost', 'internal'];

/** How a handler says why an attempt failed. The class decides whether the stage's retry policy tries again. */
export class TaskFailure extends Error {
  /**
   * @param {string} message
   * @param {{ class?: ErrorClass, code?: string, details?: JsonObject, cause?: unknown }} [more]
   */
  constructor(message, more = {}) {
    super(message, more.cause === undefined ? undefined : { cause: more.cause });
    this.name = 'TaskFailure';
    this.class = checkClass(more.class ?? 'agent', message);
    this.code = more.code ?? 'AGENT_ERROR';
    this.details = more.details;
  }
}

/**
 * One that the server does not know would be refused with the whole report: it is told here, with what was to be said.
 * @param {ErrorClass} given @param {string} message
 */
function checkClass(given, message) {
  if (CLASSES.includes(given)) return given;
  throw new TypeError(
    `A TaskFailure cannot have the class ${JSON.stringify(given)}: use one of ${CLASSES.join(', ')}. It was to say: ${message}`,
  );
}

const MAX_STACK = 8000;

/**
 * What is reported of whatever a handler threw.
 * @param {unknown} error
 */
export function describeFailure(error) {
  if (error instanceof TaskFailure) {
    const { class: errorClass, code, message, details } = error;
    // Types are a promise that no program is held to.
    const said = { class: errorClass, code: textOf(code).slice(0, 128), message: textOf(message) };
    return { ...said, ...(details ? { details: fit(details) } : {}) };
  }
  const isError = error instanceof Error;
  const message = textOf(isError ? error.message || error.name : error);
  const details = isError ? { name: error.name, stack: (error.stack ?? '').slice(0, MAX_STACK) } : undefined;
  return { class: 'agent', code: 'AGENT_ERROR', message, ...(details ? { details } : {}) };
}

/**
 * Details and fields are no reason to fail: what cannot be JSON is left out with why.
 * @param {unknown} fields @returns {JsonObject}
 */
export function fit(fields) {
  try {
    const fitting = JSON.parse(JSON.stringify(fields));
    return typeof fitting === 'object' && !Array.isArray(fitting) ? fitting : { value: fitting };
  } catch (error) {
    return { unreadable: messageOf(error) };
  }
}

/** Some objects refuse to be written as text. @param {unknown} value */
function textOf(value) {
  try {
    return String(value);
  } catch {
    return Object.prototype.toString.call(value);
  }
}

/** @param {unknown} error */
export function messageOf(error) {
  const text = error instanceof Error ? error.message : String(error);
  const advice = error instanceof SignalboxError && error.advice ? ` ${error.advice}` : '';
  return `${text}${advice}`;
}
