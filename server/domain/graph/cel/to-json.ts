import { type Json, type JsonObject, measureJson, setOwn } from '../../json.ts';
import { Fault, isDuration, type Machine, type Value } from './values.ts';

export const RESULT_LIMITS = { maxBytes: 16 * 1024 * 1024, maxDepth: 200 };

interface Sized {
  json: Json;
  bytes: number;
}

/**
 * The result as plain JSON. What the expression made is copied; data it only passed on is shared with its source.
 * Lists and maps that occur many times are looked at once, so that a small expression cannot unfold into gigabytes;
 * their size counts at every occurrence.
 */
export function toJson(value: Value, machine: Machine): Json {
  const standIn = machine.standIns?.get(value);
  if (standIn !== undefined) return standIn;
  if (typeof value === 'object' && value !== null && !isOwnMaking(value, machine)) return value as Json;
  const { json, bytes } = convert(value, { machine, seen: new Map(), depth: 0, looked: { bytes: 0 } });
  if (bytes > RESULT_LIMITS.maxBytes) throw tooLarge();
  return json;
}

function isOwnMaking(value: object & Value, machine: Machine): boolean {
  return machine.made.has(value) || value instanceof Date || isDuration(value);
}

interface Conversion {
  machine: Machine;
  seen: Map<object, Sized>;
  depth: number;
  /** Data gone through: parts of parts are measured anew, so their sum is bounded too. */
  looked: { bytes: number };
}

function tooLarge(): Fault {
  return new Fault('too-large', `The result is larger than ${RESULT_LIMITS.maxBytes} bytes.`);
}

function convert(value: Value, at: Conversion): Sized {
  const standIn = at.machine.standIns?.get(value);
  // A reference has a few hundred bytes.
  if (standIn !== undefined) return { json: standIn, bytes: 512 };
  if (typeof value !== 'object' || value === null) return convertScalar(value);
  if (value instanceof Date) return { json: value.toISOString(), bytes: 26 };
  if (isDuration(value)) return convertScalar(`${value.ms / 1000}s`);
  const known = at.seen.get(value);
  if (known) return known;
  if (at.depth >= RESULT_LIMITS.maxDepth) throw new Fault('too-deep', 'The result is nested too deep.');
  const sized = at.machine.made.has(value) ? copy(value, at) : measure(value, at);
  at.seen.set(value, sized);
  return sized;
}

function copy(value: Value[] | { [key: string]: Value }, at: Conversion): Sized {
  const below = { ...at, depth: at.depth + 1 };
  let bytes = 2;
  if (Array.isArray(value)) {
    const list = value.map((item) => {
      const sized = convert(item, below);
      bytes += sized.bytes + 1;
      return sized.json;
    });
    return { json: list, bytes };
  }
  const map: JsonObject = {};
  for (const [key, item] of Object.entries(value)) {
    const sized = convert(item, below);
    bytes += sized.bytes + key.length + 4;
    setOwn(map, key, sized.json);
  }
  return { json: map, bytes };
}

function measure(value: object, { looked }: Conversion): Sized {
  const measured = measureJson(value, RESULT_LIMITS);
  if (!measured.ok) {
    const code = measured.problem.code;
    throw new Fault(code, `A part of the result cannot be passed on. ${measured.problem.message}`);
  }
  looked.bytes += measured.bytes;
  if (looked.bytes > RESULT_LIMITS.maxBytes) throw tooLarge();
  return { json: value as Json, bytes: measured.bytes };
}

function convertScalar(value: null | boolean | number | bigint | string): Sized {
  switch (typeof value) {
    case 'bigint': {
      const number = Number(value);
      if (Number.isSafeInteger(number)) return { json: number, bytes: 16 };
      throw new Fault('not-json', 'The integer is too large for JSON; make a string of it with string().');
    }
    case 'number':
      if (Number.isFinite(value)) return { json: value, bytes: 16 };
      throw new Fault('not-json', 'The result is infinite or no number, which JSON cannot hold.');
    case 'string':
      return { json: value, bytes: value.length + 2 };
    default:
      return { json: value, bytes: 5 };
  }
}
