import type { Node, NodeOf } from './ast.ts';
import { ANY, BOOL, DURATION, LIST, MAP, NULL, NUMBER, nameKinds, STRING, TIMESTAMP } from './kinds.ts';
import type { Span } from './span.ts';
import { fieldOf, itemOf, type StaticType, unknownType } from './static-types.ts';
import type { Value } from './values.ts';

export { type StaticType, typeOfSchema, unknownType } from './static-types.ts';

export interface TypeFinding {
  code: 'expression-type' | 'expression-unknown-field';
  message: string;
  span: Span;
}

interface Inference {
  /** The type of a variable or of something a stage offers; null for all other nodes. */
  typeOf(node: Node): StaticType | null;
  report(finding: TypeFinding): void;
  locals: Map<number, StaticType>;
}

/** The kinds that an expression can evaluate to. Reports only what must fail, or can make no difference. */
export function inferKinds(
  root: Node,
  typeOf: (node: Node) => StaticType | null,
  report: (finding: TypeFinding) => void,
): number {
  return infer(root, { typeOf, report, locals: new Map() }).kinds;
}

function infer(node: Node, at: Inference): StaticType {
  const known = at.typeOf(node);
  if (known) return known;
  switch (node.op) {
    case 'literal':
      return { kinds: kindOfLiteral(node.value) };
    case 'local':
      return at.locals.get(node.slot) ?? unknownType();
    case 'select':
      return inferField(node, infer(node.of, at), at);
    case 'has':
      inferField(node, infer(node.of, at), at);
      return { kinds: BOOL };
    case 'index':
      return inferIndex(node, at);
    case 'call':
      return inferCall(node, at);
    case 'list':
      return { kinds: LIST, item: union(node.items.map((item) => infer(item, at))) };
    case 'map':
      for (const [key, value] of node.entries) {
        demand(key, { kinds: STRING, as: 'a key' }, at);
        infer(value, at);
      }
      return { kinds: MAP };
    case 'if':
      demand(node.condition, { kinds: BOOL, as: 'the condition of ?:' }, at);
      return union([infer(node.yes, at), infer(node.no, at)]);
    case 'logic':
      for (const side of [node.left, node.right]) {
        demand(side, { kinds: BOOL, as: `a side of ${node.and ? '&&' : '||'}` }, at);
      }
      return { kinds: BOOL };
    case 'not':
      demand(node.of, { kinds: BOOL, as: 'what ! is applied to' }, at);
      return { kinds: BOOL };
    case 'negate':
      demand(node.of, { kinds: NUMBER, as: 'what - is applied to' }, at);
      return { kinds: NUMBER };
    case 'binary':
      return inferBinary(node, at);
    case 'fold':
      return inferFold(node, at);
    case 'bind':
      at.locals.set(node.slot, infer(node.value, at));
      return infer(node.body, at);
    default:
      return unknownType();
  }
}

function kindOfLiteral(value: Value): number {
  if (value === null) return NULL;
  if (typeof value === 'boolean') return BOOL;
  if (typeof value === 'string') return STRING;
  return typeof value === 'number' || typeof value === 'bigint' ? NUMBER : ANY;
}

/** No schema is kept, as that of one side does not hold for the other. */
function union(types: readonly StaticType[]): StaticType {
  const [first] = types;
  if (first && types.length === 1) return first;
  return types.length === 0 ? unknownType() : { kinds: types.reduce((all, { kinds }) => all | kinds, 0) };
}

function complain(node: Span, message: string, at: Inference): void {
  at.report({ code: 'expression-type', message, span: { start: node.start, end: node.end } });
}

function demand(node: Node, { kinds, as }: { kinds: number; as: string }, at: Inference): StaticType {
  const type = infer(node, at);
  if (!(type.kinds & kinds)) {
    complain(node, `${as} must be ${nameKinds(kinds)}, and this is ${nameKinds(type.kinds)}.`, at);
  }
  return type;
}

function inferField(node: NodeOf<'select' | 'has'>, of: StaticType, at: Inference): StaticType {
  if (!(of.kinds & MAP)) {
    complain(node, `${nameKinds(of.kinds)} has no field ${node.field}.`, at);
    return unknownType();
  }
  const field = fieldOf(of, node.field);
  if (field) return field;
  const { start, end } = node;
  const message = `By its schema there is no field ${JSON.stringify(node.field.slice(0, 100))}.`;
  at.report({ code: 'expression-unknown-field', message, span: { start, end } });
  return unknownType();
}

function inferIndex(node: NodeOf<'index'>, at: Inference): StaticType {
  const of = demand(node.of, { kinds: LIST | MAP, as: 'what is indexed' }, at);
  const list = Boolean(of.kinds & LIST);
  const map = Boolean(of.kinds & MAP);
  const kinds = (list ? NUMBER : 0) | (map ? STRING : 0);
  if (kinds === 0) return unknownType();
  demand(node.index, { kinds, as: 'the index' }, at);
  return list && !map ? itemOf(of) : unknownType();
}

function inferCall(node: NodeOf<'call'>, at: Inference): StaticType {
  for (const [i, argument] of node.args.entries()) {
    const receiver = i === 0 && node.fn.style !== 'global';
    const as = receiver ? `what ${node.fn.name}() is called on` : `an argument of ${node.fn.name}()`;
    demand(argument, { kinds: node.fn.takes[i] ?? ANY, as }, at);
  }
  return { kinds: node.fn.gives };
}

function inferFold(node: NodeOf<'fold'>, at: Inference): StaticType {
  const over = demand(node.over, { kinds: LIST | MAP, as: `what ${node.kind}() goes through` }, at);
  const item = over.kinds & LIST ? (over.kinds & MAP ? unknownType() : itemOf(over)) : { kinds: STRING };
  at.locals.set(node.slot, item);
  if (node.predicate) demand(node.predicate, { kinds: BOOL, as: `the test of ${node.kind}()` }, at);
  if (node.kind === 'filter') return { kinds: LIST, item };
  if (node.kind === 'map') return { kinds: LIST, item: node.result ? infer(node.result, at) : item };
  return { kinds: BOOL };
}

const ORDERED = BOOL | NUMBER | STRING | TIMESTAMP | DURATION;

function inferBinary(node: NodeOf<'binary'>, at: Inference): StaticType {
  const left = infer(node.left, at).kinds;
  const right = infer(node.right, at).kinds;
  const kinds = kindsOfOperation(node.operator, left, right);
  if (kinds !== 0) return { kinds };
  const both = `${nameKinds(left)} ${node.operator} ${nameKinds(right)}`;
  const why =
    node.operator === '==' || node.operator === '!=' ? 'always has the same result' : 'has no meaning';
  complain(node, `${both} ${why}.`, at);
  return unknownType();
}

/** The kinds of the result; none when no kinds of the two sides fit together. */
function kindsOfOperation(operator: NodeOf<'binary'>['operator'], left: number, right: number): number {
  const both = left & right;
  switch (operator) {
    case '==':
    case '!=':
      return both ? BOOL : 0;
    case 'in':
      return right & LIST || (right & MAP && left & STRING) ? BOOL : 0;
    case '<':
    case '<=':
    case '>':
    case '>=':
      return both & ORDERED ? BOOL : 0;
    case '+':
      return (both & (NUMBER | STRING | LIST | DURATION)) | shifted(left, right) | shifted(right, left);
    case '-':
      return (both & (NUMBER | DURATION)) | (both & TIMESTAMP ? DURATION : 0) | shifted(left, right);
    default:
      return both & NUMBER;
  }
}

function shifted(time: number, by: number): number {
  return time & TIMESTAMP && by & DURATION ? TIMESTAMP : 0;
}
