import { z } from 'zod';

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
export type JsonObject = { [key: string]: Json };

/** Any JSON value. Size and depth are checked once at the door (see `measureJson`), not by this schema. */
export const jsonSchema = z.custom<Json>((value) => value !== undefined, 'must be a JSON value');
export const jsonObjectSchema = z.custom<JsonObject>(
  (value) => typeof value === 'object' && value !== null && !Array.isArray(value),
  'must be a JSON object',
);

/**
 * Sets an own property also when the key is `__proto__`, which plain assignment would take for the prototype.
 * Objects made with it are like those that `JSON.parse` makes.
 */
export function setOwn<T>(target: { [key: string]: T }, key: string, value: T): void {
  if (key === '__proto__') {
    Object.defineProperty(target, key, { value, writable: true, enumerable: true, configurable: true });
  } else {
    target[key] = value;
  }
}

/** An own property, never one of the prototype. */
export function getOwn<T>(target: { readonly [key: string]: T }, key: string): T | undefined {
  return Object.hasOwn(target, key) ? target[key] : undefined;
}

export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export interface JsonLimits {
  maxBytes: number;
  /** Containers within containers: `[]` is 1 deep, `[[]]` is 2. */
  maxDepth: number;
}

export type JsonProblemCode = 'too-large' | 'too-deep' | 'not-json';
export type JsonProblem = { code: JsonProblemCode; message: string };
export type JsonMeasure = { ok: true; bytes: number; depth: number } | { ok: false; problem: JsonProblem };

/** Size in UTF-8 bytes as `JSON.stringify` would write it, found without writing it and without recursion. */
export function measureJson(root: unknown, limits: JsonLimits): JsonMeasure {
  const stack: unknown[] = [root];
  const depths: number[] = [0];
  let bytes = 0;
  let deepest = 0;
  while (stack.length > 0) {
    const value = stack.pop();
    const depth = depths.pop() ?? 0;
    if (typeof value !== 'object' || value === null) {
      const size = scalarBytes(value);
      if (size === null) return notJson(`A ${typeof value} is not a JSON value.`);
      bytes += size;
    } else {
      deepest = Math.max(deepest, depth + 1);
      if (deepest > limits.maxDepth) return tooDeep(limits.maxDepth);
      if (Array.isArray(value) && value.length > limits.maxBytes) return tooLarge(limits.maxBytes);
      const count = pushMembers(value, stack);
      if (count === null) return notJson('Only plain objects and lists without holes are JSON values.');
      for (let i = 0; i < count.members; i++) depths.push(depth + 1);
      bytes += count.bytes;
    }
    if (bytes > limits.maxBytes) return tooLarge(limits.maxBytes);
  }
  return { ok: true, bytes, depth: deepest };
}

/** Brackets, commas, colons and keys; the members themselves are left on the stack. */
function pushMembers(container: object, stack: unknown[]): { members: number; bytes: number } | null {
  if (Array.isArray(container)) {
    for (const item of container) stack.push(item);
    return { members: container.length, bytes: 2 + Math.max(0, container.length - 1) };
  }
  const prototype = Object.getPrototypeOf(container);
  if (prototype !== null && Object.getPrototypeOf(prototype) !== null) return null;
  let members = 0;
  let bytes = 2;
  for (const [key, value] of Object.entries(container)) {
    if (value === undefined) continue;
    bytes += stringBytes(key) + (members === 0 ? 1 : 2);
    members++;
    stack.push(value);
  }
  return { members, bytes };
}

function scalarBytes(value: unknown): number | null {
  if (value === null || value === true) return 4;
  if (value === false) return 5;
  if (typeof value === 'string') return stringBytes(value);
  if (typeof value === 'number' && Number.isFinite(value)) return String(value).length;
  return null;
}

/** With its quotes and escapes. */
function stringBytes(text: string): number {
  let bytes = 2;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === 0x22 || code === 0x5c) bytes += 2;
    else if (code < 0x20) bytes += code >= 8 && code <= 13 && code !== 11 ? 2 : 6;
    else if (code < 0x80) bytes += 1;
    else if (code < 0x800) bytes += 2;
    else if (code < 0xd800 || code > 0xdfff) bytes += 3;
    else if (isPair(text, i)) {
      bytes += 4;
      i++;
    } else bytes += 6;
  }
  return bytes;
}

function isPair(text: string, i: number): boolean {
  const next = text.charCodeAt(i + 1);
  return text.charCodeAt(i) < 0xdc00 && next >= 0xdc00 && next <= 0xdfff;
}

export type JsonParse = { ok: true; value: Json } | { ok: false; problem: JsonProblem };

/** Depth is counted over the text before `JSON.parse` sees it: the parser recurses, and a deep text ends it. */
export function parseJsonBounded(text: string, limits: JsonLimits): JsonParse {
  if (utf8Bytes(text, limits.maxBytes) > limits.maxBytes) return tooLarge(limits.maxBytes);
  if (depthOfText(text, limits.maxDepth) > limits.maxDepth) return tooDeep(limits.maxDepth);
  try {
    return { ok: true, value: JSON.parse(text) };
  } catch (error) {
    return notJson(error instanceof Error ? error.message : 'The text is not JSON.');
  }
}

function utf8Bytes(text: string, enough: number): number {
  if (text.length > enough) return text.length;
  let bytes = text.length;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code >= 0x800 && (code < 0xd800 || code > 0xdfff)) bytes += 2;
    else if (code >= 0x80) bytes += 1;
  }
  return bytes;
}

function depthOfText(text: string, enough: number): number {
  let depth = 0;
  let deepest = 0;
  let inString = false;
  for (let i = 0; i < text.length && deepest <= enough; i++) {
    const code = text.charCodeAt(i);
    if (inString) {
      if (code === 0x5c) i++;
      else if (code === 0x22) inString = false;
    } else if (code === 0x22) inString = true;
    else if (code === 0x5b || code === 0x7b) deepest = Math.max(deepest, ++depth);
    else if (code === 0x5d || code === 0x7d) depth--;
  }
  return deepest;
}

function tooLarge(maxBytes: number): { ok: false; problem: JsonProblem } {
  return { ok: false, problem: { code: 'too-large', message: `It is larger than ${maxBytes} bytes.` } };
}

function tooDeep(maxDepth: number): { ok: false; problem: JsonProblem } {
  return {
    ok: false,
    problem: { code: 'too-deep', message: `It is nested deeper than ${maxDepth} levels.` },
  };
}

function notJson(message: string): { ok: false; problem: JsonProblem } {
  return { ok: false, problem: { code: 'not-json', message } };
}

/** Equality of JSON values; the order of keys does not matter. Recursion is as deep as the shallower value. */
export function jsonEquals(left: Json, right: Json): boolean {
  if (left === right) return true;
  if (typeof left !== 'object' || typeof right !== 'object' || left === null || right === null) return false;
  if (Array.isArray(left) || Array.isArray(right)) {
    if (!Array.isArray(left) || !Array.isArray(right) || left.length !== right.length) return false;
    return left.every((item, i) => jsonEquals(item, right[i] ?? null));
  }
  const keys = Object.keys(left);
  return (
    keys.length === Object.keys(right).length &&
    keys.every((key) => Object.hasOwn(right, key) && jsonEquals(left[key] ?? null, right[key] ?? null))
  );
}

/** One text for equal values, as RFC 8785 writes it: keys in order, numbers and strings as JSON has them. */
export function canonicalJson(value: Json): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (!isJsonObject(value)) return JSON.stringify(value);
  const keys = Object.keys(value).sort();
  return `{${keys.map((key) => `${JSON.stringify(key)}:${canonicalJson(value[key] ?? null)}`).join(',')}}`;
}
