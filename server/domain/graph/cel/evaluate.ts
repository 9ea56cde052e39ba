import { getOwn, setOwn } from '../../json.ts';
import type { Node, NodeOf } from './ast.ts';
import { applyBinary, checkInt } from './operators.ts';
import { Fault, isMap, kindOf, type Machine, make, spend, type Value, type ValueMap } from './values.ts';

/** A caught fault is dearer than a step, as throwing is. */
const FAULT_STEPS = 10;

/** Runs a resolved expression. Depth is that of the source, which is bounded; work is bounded by `machine.steps`. */
export function evaluate(node: Node, machine: Machine): Value {
  try {
    return step(node, machine);
  } catch (fault) {
    // A local stands for something that was read outside of the place where it failed.
    if (fault instanceof Fault && (fault.at === null || node.op === 'fold' || node.op === 'bind'))
      fault.at = node;
    throw fault;
  }
}

function step(node: Node, machine: Machine): Value {
  spend(machine, 1);
  switch (node.op) {
    case 'literal':
      return node.value;
    case 'variable':
      return (getOwn(machine.variables, node.name) as Value | undefined) ?? null;
    case 'local':
      return machine.locals[node.slot] ?? null;
    case 'stage':
      return readField(machine.variables.stages ?? null, node.key);
    case 'select':
      return readField(evaluate(node.of, machine), node.field);
    case 'index':
      return readIndex(evaluate(node.of, machine), evaluate(node.index, machine));
    case 'has':
      return evaluateHas(node, machine);
    case 'call':
      return node.fn.run(evaluateAll(node.args, machine), machine, node.fn.pattern);
    case 'list':
      return make(machine, evaluateAll(node.items, machine));
    case 'map':
      return evaluateMap(node, machine);
    case 'if':
      return evaluate(isTrue(evaluate(node.condition, machine), '?:') ? node.yes : node.no, machine);
    case 'logic':
      return evaluateLogic(node, machine);
    case 'not':
      return !isTrue(evaluate(node.of, machine), '!');
    case 'negate':
      return negate(evaluate(node.of, machine));
    case 'binary':
      return applyBinary(
        node.operator,
        [evaluate(node.left, machine), evaluate(node.right, machine)],
        machine,
      );
    case 'fold':
      return evaluateFold(node, machine);
    case 'bind':
      machine.locals[node.slot] = evaluate(node.value, machine);
      return evaluate(node.body, machine);
  }
}

function evaluateAll(nodes: readonly Node[], machine: Machine): Value[] {
  return nodes.map((node) => evaluate(node, machine));
}

function isTrue(value: Value, where: string): boolean {
  if (typeof value === 'boolean') return value;
  throw new Fault('type', `${where} needs true or false, not ${kindOf(value)}.`);
}

function noSuchKey(key: string): Fault {
  return new Fault(
    'no-such-key',
    `There is no ${JSON.stringify(key.slice(0, 100))}; test it with has() first.`,
  );
}

/** Own properties only, so that `__proto__` and `constructor` are keys like any other. */
function readField(value: Value, field: string): Value {
  if (isMap(value)) {
    const found = getOwn(value, field);
    if (found !== undefined) return found;
  }
  throw noSuchKey(field);
}

function readIndex(value: Value, index: Value): Value {
  if (Array.isArray(value)) {
    const at = typeof index === 'bigint' ? Number(index) : index;
    if (typeof at !== 'number' || !Number.isInteger(at)) {
      throw new Fault('type', `A list is indexed by a whole number, not ${kindOf(index)}.`);
    }
    const item = value[at];
    if (item !== undefined) return item;
    throw new Fault('no-such-key', `There is no item ${at} in a list of ${value.length}.`);
  }
  if (isMap(value) && typeof index === 'string') return readField(value, index);
  throw new Fault('type', `${kindOf(value)} cannot be indexed by ${kindOf(index)}.`);
}

/** False when any step of the path is missing, not just the last one: outputs have optional parts. */
function evaluateHas(node: NodeOf<'has'>, machine: Machine): boolean {
  const of = absorb(() => evaluate(node.of, machine), machine);
  if (of instanceof Fault) {
    if (of.code === 'no-such-key') return false;
    throw of;
  }
  return isMap(of) && getOwn(of, node.field) !== undefined;
}

function absorb(run: () => Value, machine: Machine): Value | Fault {
  try {
    return run();
  } catch (fault) {
    if (!(fault instanceof Fault) || fault.final) throw fault;
    spend(machine, FAULT_STEPS);
    return fault;
  }
}

function evaluateMap(node: NodeOf<'map'>, machine: Machine): ValueMap {
  const map: ValueMap = make(machine, {});
  for (const [keyNode, valueNode] of node.entries) {
    const key = evaluate(keyNode, machine);
    if (typeof key !== 'string') throw new Fault('type', `A key must be a string, not ${kindOf(key)}.`);
    if (Object.hasOwn(map, key))
      throw new Fault('bad-argument', `The key ${JSON.stringify(key)} is twice there.`);
    setOwn(map, key, evaluate(valueNode, machine));
  }
  return map;
}

/** As CEL has it, order does not matter: `false && broken` and `broken && false` are both false. */
function evaluateLogic(node: NodeOf<'logic'>, machine: Machine): boolean {
  const operator = node.and ? '&&' : '||';
  const decisive = !node.and;
  const left = absorb(() => isTrue(evaluate(node.left, machine), operator), machine);
  if (left === decisive) return decisive;
  const right = isTrue(evaluate(node.right, machine), operator);
  if (right === decisive) return decisive;
  if (left instanceof Fault) throw left;
  return right;
}

function negate(value: Value): Value {
  if (typeof value === 'bigint') return checkInt(-value);
  if (typeof value === 'number') return -value;
  throw new Fault('type', `-${kindOf(value)} has no meaning.`);
}

function evaluateFold(node: NodeOf<'fold'>, machine: Machine): Value {
  const items = itemsOf(evaluate(node.over, machine), machine);
  const test = (item: Value): boolean => {
    machine.locals[node.slot] = item;
    return node.predicate === null || isTrue(evaluate(node.predicate, machine), node.kind);
  };
  switch (node.kind) {
    case 'all':
    case 'exists':
      return quantify(items, test, { machine, decisive: node.kind === 'exists' });
    case 'exists_one':
      return items.filter(test).length === 1;
    case 'filter':
      return make(machine, items.filter(test));
    case 'map':
      return make(machine, mapItems(node, items.filter(test), machine));
  }
}

function itemsOf(value: Value, machine: Machine): readonly Value[] {
  if (Array.isArray(value)) return value;
  if (!isMap(value))
    throw new Fault('type', `Only lists and maps can be gone through, not ${kindOf(value)}.`);
  const keys = Object.keys(value);
  spend(machine, keys.length);
  return keys;
}

function mapItems(node: NodeOf<'fold'>, items: readonly Value[], machine: Machine): Value[] {
  return items.map((item) => {
    machine.locals[node.slot] = item;
    return node.result === null ? item : evaluate(node.result, machine);
  });
}

function quantify(
  items: readonly Value[],
  test: (item: Value) => boolean,
  { machine, decisive }: { machine: Machine; decisive: boolean },
): boolean {
  let fault: Fault | null = null;
  for (const item of items) {
    const verdict = absorb(() => test(item), machine);
    if (verdict === decisive) return decisive;
    if (verdict instanceof Fault) fault ??= verdict;
  }
  if (fault) throw fault;
  return !decisive;
}
