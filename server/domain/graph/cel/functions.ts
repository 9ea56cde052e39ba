import type { BoundedPattern } from '../regex.ts';
import { BOOL, DURATION, LIST, MAP, NUMBER, STRING, TIMESTAMP } from './kinds.ts';
import { parseDuration, parseTimestamp } from './time.ts';
import {
  Fault,
  isDuration,
  isMap,
  isNumeric,
  kindOf,
  type Machine,
  make,
  spend,
  textSteps,
  type Value,
} from './values.ts';

/** One function of the language. A method's receiver is its first argument. */
export interface FunctionSpec {
  readonly name: string;
  readonly style: 'method' | 'global' | 'both';
  /** The kinds that each argument may have. */
  readonly takes: readonly number[];
  readonly gives: number;
  readonly pattern?: BoundedPattern;
  run(args: Value[], machine: Machine, pattern?: BoundedPattern): Value;
}

export const MAX_INT = 2n ** 63n - 1n;
export const MIN_INT = -(2n ** 63n);

function text(value: Value | undefined): string {
  if (typeof value === 'string') return value;
  throw new Fault('type', `A string was needed, not ${kindOf(value ?? null)}.`);
}

function wholeNumber(value: Value | undefined): number {
  const number = typeof value === 'bigint' ? Number(value) : value;
  if (typeof number === 'number' && Number.isSafeInteger(number)) return number;
  throw new Fault('type', `A whole number was needed, not ${kindOf(value ?? null)}.`);
}

/** Searching has bad cases for texts that repeat themselves; they are paid for. */
function spendSearch(machine: Machine, hay: string, needle: string): void {
  spend(machine, textSteps(hay.length) + Math.floor((hay.length * needle.length) / 8192));
}

function searching(
  name: string,
  gives: number,
  search: (hay: string, needle: string) => Value,
): FunctionSpec {
  return {
    name,
    style: 'method',
    takes: [STRING, STRING],
    gives,
    run([hay, needle], machine) {
      spendSearch(machine, text(hay), text(needle));
      return search(text(hay), text(needle));
    },
  };
}

function rewriting(name: string, rewrite: (text: string) => string): FunctionSpec {
  return {
    name,
    style: 'method',
    takes: [STRING],
    gives: STRING,
    run([value], machine) {
      spend(machine, textSteps(text(value).length));
      return rewrite(text(value));
    },
  };
}

function lowerAscii(value: string): string {
  return value.replace(/[A-Z]+/g, (run) => run.toLowerCase());
}

function upperAscii(value: string): string {
  return value.replace(/[a-z]+/g, (run) => run.toUpperCase());
}

/** CEL counts code points, not UTF-16 units. */
function codePoints(value: string): number {
  let count = value.length;
  for (let i = 0; i + 1 < value.length; i++) {
    const high = value.charCodeAt(i);
    const low = value.charCodeAt(i + 1);
    if (high >= 0xd800 && high < 0xdc00 && low >= 0xdc00 && low < 0xe000) {
      count--;
      i++;
    }
  }
  return count;
}

function size([value]: Value[], machine: Machine): bigint {
  if (typeof value === 'string') {
    spend(machine, textSteps(value.length * 4));
    return BigInt(codePoints(value));
  }
  if (Array.isArray(value)) return BigInt(value.length);
  if (value !== undefined && isMap(value)) {
    const keys = Object.keys(value).length;
    spend(machine, keys);
    return BigInt(keys);
  }
  throw new Fault('type', `size() needs a string, a list or a map, not ${kindOf(value ?? null)}.`);
}

function split([value, separator]: Value[], machine: Machine): Value {
  const whole = text(value);
  spendSearch(machine, whole, text(separator));
  const parts = whole.split(text(separator), machine.steps + 1);
  spend(machine, parts.length);
  return make(machine, parts);
}

function join([list, separator]: Value[], machine: Machine): Value {
  if (!Array.isArray(list)) throw new Fault('type', 'join() needs a list of strings.');
  const glue = separator === undefined ? '' : text(separator);
  let length = glue.length * list.length;
  for (const item of list) length += text(item).length;
  spend(machine, list.length + textSteps(length));
  return list.join(glue);
}

function replace([value, from, to]: Value[], machine: Machine): Value {
  const whole = text(value);
  spendSearch(machine, whole, text(from));
  const parts = whole.split(text(from), machine.steps + 1);
  const grown = whole.length + parts.length * text(to).length;
  spend(machine, parts.length + textSteps(grown));
  return parts.join(text(to));
}

function substring([value, from, to]: Value[], machine: Machine): Value {
  const whole = text(value);
  spend(machine, textSteps(whole.length));
  const start = wholeNumber(from);
  const end = to === undefined ? whole.length : wholeNumber(to);
  if (start < 0 || end > whole.length || start > end) {
    throw new Fault('bad-argument', `substring(${start}, ${end}) is outside of a text of ${whole.length}.`);
  }
  return whole.slice(start, end);
}

function toText([value]: Value[], machine: Machine): Value {
  if (typeof value === 'string') return value;
  spend(machine, 1);
  if (typeof value === 'boolean' || (value !== undefined && isNumeric(value))) return String(value);
  if (value instanceof Date) return value.toISOString();
  if (value !== undefined && isDuration(value)) return `${value.ms / 1000}s`;
  throw new Fault('type', `string() cannot take ${kindOf(value ?? null)}.`);
}

function toInt([value]: Value[]): Value {
  if (typeof value === 'bigint') return value;
  if (value instanceof Date) return BigInt(Math.floor(value.getTime() / 1000));
  if (typeof value === 'number' && Math.abs(value) < 2 ** 63) return BigInt(Math.trunc(value));
  if (typeof value === 'string' && /^[+-]?\d{1,19}$/.test(value)) {
    const int = BigInt(value.replace('+', ''));
    if (int >= MIN_INT && int <= MAX_INT) return int;
  }
  throw new Fault('bad-argument', `int() cannot make an integer of this ${kindOf(value ?? null)}.`);
}

const DECIMAL = /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/;

function toDouble([value]: Value[]): Value {
  if (value !== undefined && isNumeric(value)) return Number(value);
  if (typeof value === 'string' && value.length <= 64 && DECIMAL.test(value)) {
    return Number(value);
  }
  throw new Fault('bad-argument', `double() cannot make a number of this ${kindOf(value ?? null)}.`);
}

function toBool([value]: Value[]): Value {
  if (typeof value === 'boolean') return value;
  if (value === 'true') return true;
  if (value === 'false') return false;
  throw new Fault('bad-argument', 'bool() takes true, false, "true" and "false".');
}

function dateField(name: string, read: (date: Date) => number): FunctionSpec {
  return {
    name,
    style: 'method',
    takes: [TIMESTAMP],
    gives: NUMBER,
    run([date]) {
      if (!(date instanceof Date)) throw new Fault('type', `${name}() needs a timestamp.`);
      return BigInt(read(date));
    },
  };
}

const SCALAR = BOOL | NUMBER | STRING | TIMESTAMP | DURATION;

/** All that can be called, all times in UTC. Anything else is refused when the expression is compiled. */
export const FUNCTIONS: readonly FunctionSpec[] = [
  { name: 'size', style: 'both', takes: [STRING | LIST | MAP], gives: NUMBER, run: size },
  searching('contains', BOOL, (hay, needle) => hay.includes(needle)),
  searching('startsWith', BOOL, (hay, needle) => hay.startsWith(needle)),
  searching('endsWith', BOOL, (hay, needle) => hay.endsWith(needle)),
  searching('indexOf', NUMBER, (hay, needle) => BigInt(hay.indexOf(needle))),
  searching('lastIndexOf', NUMBER, (hay, needle) => BigInt(hay.lastIndexOf(needle))),
  rewriting('lowerAscii', lowerAscii),
  rewriting('upperAscii', upperAscii),
  rewriting('trim', (value) => value.trim()),
  { name: 'split', style: 'method', takes: [STRING, STRING], gives: LIST, run: split },
  { name: 'join', style: 'method', takes: [LIST], gives: STRING, run: join },
  { name: 'join', style: 'method', takes: [LIST, STRING], gives: STRING, run: join },
  { name: 'replace', style: 'method', takes: [STRING, STRING, STRING], gives: STRING, run: replace },
  { name: 'substring', style: 'method', takes: [STRING, NUMBER], gives: STRING, run: substring },
  { name: 'substring', style: 'method', takes: [STRING, NUMBER, NUMBER], gives: STRING, run: substring },
  {
    name: 'matches',
    style: 'both',
    takes: [STRING, STRING],
    gives: BOOL,
    run([value], machine, pattern) {
      if (!pattern) throw new Fault('internal', 'matches() has no pattern.');
      spend(machine, pattern.cost(text(value).length));
      return pattern.test(text(value));
    },
  },
  { name: 'string', style: 'global', takes: [SCALAR], gives: STRING, run: toText },
  { name: 'int', style: 'global', takes: [NUMBER | STRING | TIMESTAMP], gives: NUMBER, run: toInt },
  { name: 'double', style: 'global', takes: [NUMBER | STRING], gives: NUMBER, run: toDouble },
  { name: 'bool', style: 'global', takes: [BOOL | STRING], gives: BOOL, run: toBool },
  {
    name: 'timestamp',
    style: 'global',
    takes: [STRING | TIMESTAMP],
    gives: TIMESTAMP,
    run: ([value]) => (value instanceof Date ? value : parseTimestamp(text(value))),
  },
  {
    name: 'duration',
    style: 'global',
    takes: [STRING | DURATION],
    gives: DURATION,
    run: ([value]) => (value !== undefined && isDuration(value) ? value : parseDuration(text(value))),
  },
  dateField('getFullYear', (date) => date.getUTCFullYear()),
  dateField('getMonth', (date) => date.getUTCMonth()),
  dateField('getDate', (date) => date.getUTCDate()),
  dateField('getDayOfMonth', (date) => date.getUTCDate() - 1),
  dateField('getDayOfWeek', (date) => date.getUTCDay()),
  dateField('getHours', (date) => date.getUTCHours()),
  dateField('getMinutes', (date) => date.getUTCMinutes()),
  dateField('getSeconds', (date) => date.getUTCSeconds()),
];

const BY_NAME = Map.groupBy(FUNCTIONS, (spec) => spec.name);

export function findFunctions(name: string): readonly FunctionSpec[] {
  return BY_NAME.get(name) ?? [];
}
