// @ts-check
import { messageOf, TaskFailure } from './errors.mjs';

/** @import { ObjectRef } from '../index.mjs' */

/** The server's mark of a reference that stands for the value itself; files of agents stay references. */
const PAYLOAD_NAME = 'signalbox-payload.json';

/**
 * Puts the values back that were too large to travel with their task.
 * @param {any} value @param {(ref: ObjectRef) => Promise<Uint8Array>} fetchObject
 * @returns {Promise<any>}
 */
export async function expand(value, fetchObject) {
  if (Array.isArray(value)) return Promise.all(value.map((item) => expand(item, fetchObject)));
  if (typeof value !== 'object' || value === null) return value;
  if (typeof value.$object === 'string' && value.name === PAYLOAD_NAME) return load(value, fetchObject);
  const entries = await Promise.all(
    Object.entries(value).map(async ([key, part]) => [key, await expand(part, fetchObject)]),
  );
  return Object.fromEntries(entries);
}

/** @param {ObjectRef} ref @param {(ref: ObjectRef) => Promise<Uint8Array>} fetchObject */
async function load(ref, fetchObject) {
  try {
    return JSON.parse(new TextDecoder().decode(await fetchObject(ref)));
  } catch (error) {
    const message = `The task's input could not be fetched: ${messageOf(error)}`;
    throw new TaskFailure(message, { class: 'internal', code: 'INPUT_UNREACHABLE', cause: error });
  }
}
