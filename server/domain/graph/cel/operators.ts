import { getOwn } from '../../json.ts';
import type { BinaryOperator } from './ast.ts';
import { MAX_INT, MIN_INT } from './functions.ts';
import {
  Fault,
  isDuration,
  isMap,
  isNumeric,
  kindOf,
  type Machine,
  make,
  makeDuration,
  spend,
  textSteps,
  type Value,
} from './values.ts';

const MAX_DEPTH = 200;

export function applyBinary(operator: BinaryOperator, operands: [Value, Value], machine: Machine): Value {
  const [left, right] = operands;
  switch (operator) {
    case '==':
      return isEqual(left, right, { machine, depth: 0 });
    case '!=':
      return !isEqual(left, right, { machine, depth: 0 });
    case 'in':
      return isMember(left, right, machine);
    case '<':
      return compare(operator, operands, machine) < 0;
    case '<=':
      return compare(operator, operands, machine) <= 0;
    case '>':
      return compare(operator, operands, machine) > 0;
    case '>=':
      return compare(operator, operands, machine) >= 0;
    case '+':
      return add(left, right, machine);
    case '-':
      return subtract(left, right);
    default:
      return calculate(operator, left, right);
  }
}

function mismatch(operator: string, left: Value, right: Value): Fault {
  return new Fault('type', `${kindOf(left)} ${operator} ${kindOf(right)} has no meaning.`);
}

/** Below, at or above zero; NaN when one of them is, and then every comparison is false. */
function compare(operator: string, [left, right]: [Value, Value], machine: Machine): number {
  if (isNumeric(left) && isNumeric(right)) return order(left, right);
  if (typeof left === 'string' && typeof right === 'string') {
    spend(machine, textSteps(Math.min(left.length, right.length)));
    return order(left, right);
  }
  if (typeof left === 'boolean' && typeof right === 'boolean') return Number(left) - Number(right);
  if (left instanceof Date && right instanceof Date) return left.getTime() - right.getTime();
  if (isDuration(left) && isDuration(right)) return left.ms - right.ms;
  throw mismatch(operator, left, right);
}

function order(left: number | bigint | string, right: number | bigint | string): number {
  if (left < right) return -1;
  if (left > right) return 1;
  return left >= right ? 0 : Number.NaN;
}

interface Comparison {
  machine: Machine;
  depth: number;
}

/** Values of different kinds are unequal, not an error; an int equals the double of the same number. */
function isEqual(left: Value, right: Value, at: Comparison): boolean {
  spend(at.machine, 1);
  if (isNumeric(left) && isNumeric(right)) return left <= right && left >= right;
  if (typeof left === 'string' && typeof right === 'string') {
    if (left.length === right.length) spend(at.machine, textSteps(left.length));
    return left === right;
  }
  if (typeof left !== 'object' || typeof right !== 'object' || left === null || right === null) {
    return left === right;
  }
  if (at.depth > MAX_DEPTH) throw new Fault('too-deep', 'The compared values are nested too deep.');
  const below = { machine: at.machine, depth: at.depth + 1 };
  if (Array.isArray(left) || Array.isArray(right)) return equalLists(left, right, below);
  if (left instanceof Date || right instanceof Date) {
    return left instanceof Date && right instanceof Date && left.getTime() === right.getTime();
  }
  if (isDuration(left) || isDuration(right)) {
    return isDuration(left) && isDuration(right) && left.ms === right.ms;
  }
  return equalMaps(left, right, below);
}

function equalLists(left: Value, right: Value, at: Comparison): boolean {
  if (!Array.isArray(left) || !Array.isArray(right) || left.length !== right.length) return false;
  return left.every((item, i) => isEqual(item, right[i] ?? null, at));
}

function equalMaps(left: { [key: string]: Value }, right: { [key: string]: Value }, at: Comparison): boolean {
  const keys = Object.keys(left);
  spend(at.machine, keys.length);
  if (keys.length !== Object.keys(right).length) return false;
  return keys.every((key) => Object.hasOwn(right, key) && isEqual(left[key] ?? null, right[key] ?? null, at));
}

function isMember(needle: Value, container: Value, machine: Machine): boolean {
  if (Array.isArray(container)) {
    return container.some((item) => isEqual(needle, item, { machine, depth: 0 }));
  }
  if (isMap(container)) return typeof needle === 'string' && getOwn(container, needle) !== undefined;
  throw mismatch('in', needle, container);
}

function add(left: Value, right: Value, machine: Machine): Value {
  if (typeof left === 'string' && typeof right === 'string') {
    spend(machine, textSteps(left.length + right.length));
    return left + right;
  }
  if (Array.isArray(left) && Array.isArray(right)) {
    spend(machine, left.length + right.length);
    return make(machine, left.concat(right));
  }
  if (isDuration(left) && isDuration(right)) return makeDuration(left.ms + right.ms);
  if (left instanceof Date && isDuration(right)) return shift(left, right.ms);
  if (isDuration(left) && right instanceof Date) return shift(right, left.ms);
  return calculate('+', left, right);
}

function subtract(left: Value, right: Value): Value {
  if (left instanceof Date && right instanceof Date) return makeDuration(left.getTime() - right.getTime());
  if (left instanceof Date && isDuration(right)) return shift(left, -right.ms);
  if (isDuration(left) && isDuration(right)) return makeDuration(left.ms - right.ms);
  return calculate('-', left, right);
}

function shift(date: Date, ms: number): Date {
  const shifted = new Date(date.getTime() + ms);
  if (Number.isFinite(shifted.getTime())) return shifted;
  throw new Fault('arithmetic', 'The timestamp is out of range.');
}

type Arithmetic = '+' | '-' | '*' | '/' | '%';

function calculate(operator: Arithmetic, left: Value, right: Value): Value {
  if (typeof left === 'bigint' && typeof right === 'bigint') return onInts(operator, left, right);
  if (isNumeric(left) && isNumeric(right)) return onDoubles(operator, Number(left), Number(right));
  throw mismatch(operator, left, right);
}

export function checkInt(value: bigint): bigint {
  if (value >= MIN_INT && value <= MAX_INT) return value;
  throw new Fault('arithmetic', 'The integer does not fit in 64 bits.');
}

function onInts(operator: Arithmetic, left: bigint, right: bigint): bigint {
  switch (operator) {
    case '+':
      return checkInt(left + right);
    case '-':
      return checkInt(left - right);
    case '*':
      return checkInt(left * right);
    default:
      if (right === 0n) throw new Fault('arithmetic', 'An integer cannot be divided by zero.');
      return operator === '/' ? checkInt(left / right) : left % right;
  }
}

function onDoubles(operator: Arithmetic, left: number, right: number): number {
  switch (operator) {
    case '+':
      return left + right;
    case '-':
      return left - right;
    case '*':
      return left * right;
    case '/':
      return left / right;
    case '%':
      if (Number.isSafeInteger(left) && Number.isSafeInteger(right) && right !== 0) return left % right;
      throw new Fault('arithmetic', '% needs whole numbers and no zero on its right.');
  }
}
