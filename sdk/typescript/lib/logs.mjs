// @ts-check
import { pause } from './pauses.mjs';

/** @import { Http } from './http.mjs' */
/** @import { LogOptions, Run, RunLogEntry } from '../index.mjs' */

const LOOK_MS = 1000;
const PAGE = 1000;
/** Lines that are put in order of time together. A longer log comes in stretches of about so many. */
const SORTED = 20_000;

/**
 * The lines of a run's log, each once; with `follow` also those that come until the run has ended.
 * @param {Http} http @param {string} runId @param {LogOptions} [options]
 * @returns {AsyncGenerator<RunLogEntry, void, void>}
 */
export async function* readLog(http, runId, { follow = false, stage, level, search, signal } = {}) {
  const path = `/runs/${encodeURIComponent(runId)}`;
  const read = createReader(http, `${path}/logs`, { level, search, signal });
  yield* read(stage);
  /** Stages that had ended before they were read: no line of theirs is to come. */
  const ended = new Set();
  while (follow) {
    /** @type {Run} */
    const run = await http.call({ path, query: { brief: true }, ...(signal ? { signal } : {}) });
    // A line may be stored a little later than the end of its stage.
    await pause(LOOK_MS, signal);
    signal?.throwIfAborted();
    for (const one of run.stages) {
      const isWanted = stage === undefined || stage === one.stage;
      if (!isWanted || one.attempt === 0 || ended.has(one.stage)) continue;
      yield* read(one.stage);
      if (one.finished_at !== null) ended.add(one.stage);
    }
    if (run.finished_at !== null) return;
  }
}

/**
 * Reads on from where it was in each stage.
 * @param {Http} http @param {string} path @param {Pick<LogOptions, 'level' | 'search' | 'signal'>} options
 */
function createReader(http, path, { level, search, signal }) {
  /** @type {Map<number, string>} where each stage's last line is */
  const places = new Map();
  /** @param {number | undefined} stage left out: all, from their beginnings */
  return async function* read(stage) {
    const beyond = stage === undefined ? undefined : places.get(stage);
    /** @type {RunLogEntry[]} */
    let lines = [];
    let cursor;
    do {
      const query = { stage, level, search, limit: PAGE, ...(cursor ? { cursor } : { beyond }) };
      const page = await http.call({ path, query, ...(signal ? { signal } : {}) });
      for (const entry of page.logs) places.set(entry.stage, `${entry.stage}.${entry.epoch}.${entry.line}`);
      lines.push(...page.logs);
      cursor = page.next_cursor;
      if (cursor && lines.length < SORTED) continue;
      yield* lines.sort((one, other) => one.timestamp.localeCompare(other.timestamp));
      lines = [];
    } while (cursor);
  };
}
