import { isJsonObject, type Json, type JsonObject, jsonEquals } from '../json.ts';
import type { CompiledSchema, JsonType, SchemaNode } from './json-schema-compile.ts';

export { type CompiledSchema, compileJsonSchema } from './json-schema-compile.ts';

export interface SchemaIssue {
  /** Where in the value. */
  path: (string | number)[];
  message: string;
}

const MAX_ISSUES = 20;
const MAX_DEPTH = 200;
/** Visits of a value by a part of the schema, and work of patterns: what nested alternatives can multiply. */
const MAX_STEPS = 2_000_000;
/** Steps of a pattern are dearer than visits. */
const PATTERN_WEIGHT = 4;

interface Visit {
  schema: CompiledSchema;
  issues: SchemaIssue[];
  path: (string | number)[];
  depth: number;
  budget: { steps: number };
}

/** What keeps a value from fitting; an empty list when it fits. Total and bounded in time for any value. */
export function validateJson(schema: CompiledSchema, value: Json): SchemaIssue[] {
  const visit: Visit = { schema, issues: [], path: [], depth: 0, budget: { steps: MAX_STEPS } };
  check(schema.root, value, visit);
  if (visit.budget.steps < 0) {
    visit.issues.push({ path: [], message: 'could not be checked: the schema asks for too much work on it' });
  }
  return visit.issues;
}

function report(visit: Visit, message: string): void {
  if (visit.issues.length < MAX_ISSUES) visit.issues.push({ path: [...visit.path], message });
}

function check(node: SchemaNode, value: Json, outer: Visit): void {
  const visit = { ...outer, depth: outer.depth + 1 };
  if (--visit.budget.steps < 0) return;
  const refusal = refuseOutright(node, value, visit.depth);
  if (refusal !== null) {
    report(visit, refusal);
    return;
  }
  if (node.options) checkOptions(node.options, value, visit);
  if (typeof value === 'number') checkNumber(node, value, visit);
  else if (typeof value === 'string') checkText(node, value, visit);
  else if (Array.isArray(value)) checkList(node, value, visit);
  else if (isJsonObject(value)) checkObject(node, value, visit);
  checkCombinations(node, value, visit);
}

/** What makes any further look at the value pointless. */
function refuseOutright(node: SchemaNode, value: Json, depth: number): string | null {
  if (depth > MAX_DEPTH) return 'is nested too deep, or its schema refers to itself';
  if (node.never) return 'must not be there';
  if (!node.types || node.types.some((type) => isType(type, value))) return null;
  return `must be ${node.types.join(' or ')}, not ${typeOf(value)}`;
}

function typeOf(value: Json): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  return typeof value;
}

function isType(type: JsonType, value: Json): boolean {
  return type === 'integer' ? Number.isInteger(value) : typeOf(value) === type;
}

function checkOptions(options: readonly Json[], value: Json, visit: Visit): void {
  visit.budget.steps -= options.length;
  if (options.some((option) => jsonEquals(option, value))) return;
  const shown = options.slice(0, 5).map((option) => JSON.stringify(option).slice(0, 60));
  report(visit, `must be ${shown.join(' or ')}${options.length > 5 ? ' or one of some more' : ''}`);
}

function checkNumber({ bounds }: SchemaNode, value: number, visit: Visit): void {
  const { minimum, maximum, exclusiveMinimum, exclusiveMaximum } = bounds;
  if (minimum !== undefined && value < minimum) report(visit, `must be ${minimum} or more`);
  if (maximum !== undefined && value > maximum) report(visit, `must be ${maximum} or less`);
  if (exclusiveMinimum !== undefined && value <= exclusiveMinimum)
    report(visit, `must be more than ${exclusiveMinimum}`);
  if (exclusiveMaximum !== undefined && value >= exclusiveMaximum)
    report(visit, `must be less than ${exclusiveMaximum}`);
}

function checkText({ bounds, pattern }: SchemaNode, value: string, visit: Visit): void {
  if (bounds.minLength !== undefined || bounds.maxLength !== undefined) {
    const length = countCodePoints(value);
    if (length < (bounds.minLength ?? 0)) report(visit, `must have ${bounds.minLength} characters or more`);
    if (length > (bounds.maxLength ?? Number.POSITIVE_INFINITY))
      report(visit, `must have ${bounds.maxLength} characters or fewer`);
  }
  if (!pattern) return;
  visit.budget.steps -= pattern.cost(value.length) * PATTERN_WEIGHT;
  if (visit.budget.steps >= 0 && !pattern.test(value)) report(visit, `must match ${pattern.source}`);
}

function countCodePoints(text: string): number {
  let count = 0;
  for (const _ of text) count++;
  return count;
}

function checkList({ bounds, items }: SchemaNode, value: Json[], visit: Visit): void {
  if (value.length < (bounds.minItems ?? 0)) report(visit, `must have ${bounds.minItems} items or more`);
  if (value.length > (bounds.maxItems ?? Number.POSITIVE_INFINITY))
    report(visit, `must have ${bounds.maxItems} items or fewer`);
  if (!items) return;
  for (let i = 0; i < value.length && visit.budget.steps >= 0; i++) {
    checkMember(items, { key: i, value: value[i] ?? null }, visit);
  }
}

function checkMember(node: SchemaNode, member: { key: string | number; value: Json }, visit: Visit): void {
  visit.path.push(member.key);
  check(node, member.value, visit);
  visit.path.pop();
}

function checkObject(node: SchemaNode, value: JsonObject, visit: Visit): void {
  for (const key of node.required) {
    if (!Object.hasOwn(value, key)) report(visit, `must have ${JSON.stringify(key)}`);
  }
  if (node.properties.size === 0 && node.additional === 'anything') return;
  for (const [key, part] of Object.entries(value)) {
    if (visit.budget.steps < 0) return;
    const property = node.properties.get(key);
    if (property) checkMember(property, { key, value: part }, visit);
    else if (node.additional === null) report(visit, `must not have ${JSON.stringify(key.slice(0, 100))}`);
    else if (node.additional !== 'anything') checkMember(node.additional, { key, value: part }, visit);
  }
}

function checkCombinations(node: SchemaNode, value: Json, visit: Visit): void {
  if (node.ref !== null) {
    const target = visit.schema.definitions.get(node.ref);
    if (target) check(target, value, visit);
  }
  for (const part of node.allOf ?? []) check(part, value, visit);
  if (node.anyOf && !node.anyOf.some((part) => fits(part, value, visit))) {
    report(visit, 'must fit one of the alternatives');
  }
  if (node.oneOf) {
    const fitting = node.oneOf.filter((part) => fits(part, value, visit)).length;
    if (fitting !== 1) report(visit, `must fit exactly one of the alternatives, and fits ${fitting}`);
  }
}

function fits(node: SchemaNode, value: Json, visit: Visit): boolean {
  const trial = { ...visit, issues: [], path: [...visit.path] };
  check(node, value, trial);
  return trial.issues.length === 0;
}
