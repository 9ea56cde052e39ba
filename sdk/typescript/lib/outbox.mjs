// @ts-check
import { messageOf, SignalboxError } from './errors.mjs';
import { backoffMs, createBell, pause } from './pauses.mjs';

/**
 * A report on its way, already written as JSON: a large output is turned into text once.
 * @typedef {{ key: string, isAnswer: boolean, text: string, replace?: (why: string) => string }} Entry
 * @typedef {{ status: 'ok' } | { status: 'stop' | 'stale' | 'unknown', reason: string }} ReportAnswer
 */

const MAX_REPORTS = 500;
const MAX_BATCH = 1_000_000;
/** Log lines for a server that is away are kept up to here; answers always are. */
const MAX_LOGS = 8_000_000;
/** Lines that come within this time travel together. */
const GATHER_MS = 100;
const REFUSED = new Set([400, 413, 422]);

/**
 * Keeps what is to be reported until the server has answered it, in order.
 * @param {{ send(texts: string[]): Promise<ReportAnswer[]>, hear(key: string, answer: ReportAnswer): void,
 *   onTrouble(message: string): void, signal: AbortSignal }} options
 */
export function createOutbox({ send, hear, onTrouble, signal }) {
  /** @type {Entry[]} */
  const entries = [];
  let logSize = 0;
  let dropped = 0;
  let answers = 0;
  /** What the server has refused as a whole is tried in smaller parts, until the one that it refuses is alone. */
  let most = MAX_REPORTS;
  const bell = createBell();
  /** @type {(() => void)[]} */
  const idle = [];

  function takeBatch() {
    const batch = [];
    let size = 0;
    for (const entry of entries) {
      if (batch.length === most || (batch.length > 0 && size + entry.text.length > MAX_BATCH)) break;
      batch.push(entry);
      size += entry.text.length;
    }
    return batch;
  }

  /** @param {number} count */
  function remove(count) {
    for (const { isAnswer, text } of entries.splice(0, count)) {
      if (isAnswer) answers -= 1;
      else logSize -= text.length;
    }
  }

  /** @param {SignalboxError} error @param {Entry[]} batch */
  function splitOrReplace(error, batch) {
    if (batch.length > 1) {
      most = Math.ceil(batch.length / 2);
      return;
    }
    const [entry] = batch;
    onTrouble(`The server refused a report: ${messageOf(error)}`);
    if (entry?.replace) {
      entries[0] = { key: entry.key, isAnswer: true, text: entry.replace(messageOf(error)) };
    } else remove(1);
    most = MAX_REPORTS;
  }

  async function sendAll() {
    let failures = 0;
    while (entries.length > 0 && !signal.aborted) {
      const batch = takeBatch();
      try {
        const told = await send(batch.map(({ text }) => text));
        if (failures > 0) onTrouble('The server answers again; nothing that was to be reported is lost.');
        failures = 0;
        remove(batch.length);
        batch.forEach(({ key }, at) => {
          const answer = told[at];
          if (answer) hear(key, answer);
        });
      } catch (error) {
        if (error instanceof SignalboxError && REFUSED.has(error.status ?? 0)) splitOrReplace(error, batch);
        else {
          failures += 1;
          if (failures === 1) onTrouble(`Reports are kept until the server takes them: ${messageOf(error)}`);
          const retryAfterMs = error instanceof SignalboxError ? error.retryAfterMs : undefined;
          await pause(backoffMs(failures, { mostMs: 5000, retryAfterMs }), signal);
        }
      }
    }
    if (dropped > 0) {
      onTrouble(`${dropped} log lines were left out, since the server took none for too long.`);
      dropped = 0;
    }
  }

  async function work() {
    while (!signal.aborted) {
      if (entries.length === 0) {
        for (const resolve of idle.splice(0)) resolve();
        await bell.wait(60_000);
      }
      if (answers === 0) await pause(GATHER_MS, signal);
      await sendAll();
    }
    for (const resolve of idle.splice(0)) resolve();
  }
  const working = work();
  signal.addEventListener('abort', bell.ring, { once: true });

  return {
    /** @param {Entry} entry */
    add(entry) {
      if (!entry.isAnswer && logSize + entry.text.length > MAX_LOGS) {
        dropped += 1;
        return;
      }
      if (entry.isAnswer) answers += 1;
      else logSize += entry.text.length;
      entries.push(entry);
      bell.ring();
    },
    /** Resolves when all of it has been answered, or cannot be any more. @returns {Promise<void>} */
    flushed() {
      if (entries.length === 0) return Promise.resolve();
      return new Promise((resolve) => idle.push(resolve));
    },
    working,
  };
}
