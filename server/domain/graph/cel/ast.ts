import type { FunctionSpec } from './functions.ts';
import type { Span } from './span.ts';
import type { Value } from './values.ts';

export const ARITHMETIC = ['+', '-', '*', '/', '%'] as const;
export const COMPARISONS = ['<', '<=', '>', '>='] as const;
export type BinaryOperator = (typeof ARITHMETIC)[number] | (typeof COMPARISONS)[number] | '==' | '!=' | 'in';
export const FOLDS = ['all', 'exists', 'exists_one', 'filter', 'map'] as const;
export type FoldKind = (typeof FOLDS)[number];
export const STAGE_FIELDS = ['output', 'status', 'error'] as const;
export type StageField = (typeof STAGE_FIELDS)[number];

/**
 * An expression, resolved: names are bound to variables, slots and functions, and every read of a stage names its
 * stage. Whatever could not be bound was refused before, so the evaluator has no unknown names.
 */
export type Node = Span &
  (
    | { op: 'literal'; value: Value }
    | { op: 'variable'; name: string }
    | { op: 'local'; slot: number }
    | { op: 'stage'; key: string }
    | { op: 'select'; of: Node; field: string }
    | { op: 'index'; of: Node; index: Node }
    | { op: 'has'; of: Node; field: string }
    | { op: 'call'; fn: FunctionSpec; args: Node[] }
    | { op: 'list'; items: Node[] }
    | { op: 'map'; entries: [Node, Node][] }
    | { op: 'if'; condition: Node; yes: Node; no: Node }
    | { op: 'logic'; and: boolean; left: Node; right: Node }
    | { op: 'not' | 'negate'; of: Node }
    | { op: 'binary'; operator: BinaryOperator; left: Node; right: Node }
    | { op: 'fold'; kind: FoldKind; over: Node; slot: number; predicate: Node | null; result: Node | null }
    | { op: 'bind'; slot: number; value: Node; body: Node }
  );

export type NodeOf<Op extends Node['op']> = Extract<Node, { op: Op }>;

/** The nodes right below one, for walks that care for few kinds. */
export function childrenOf(node: Node): Node[] {
  switch (node.op) {
    case 'literal':
    case 'variable':
    case 'local':
    case 'stage':
      return [];
    case 'select':
    case 'has':
    case 'not':
    case 'negate':
      return [node.of];
    case 'index':
      return [node.of, node.index];
    case 'call':
      return node.args;
    case 'list':
      return node.items;
    case 'map':
      return node.entries.flat();
    case 'if':
      return [node.condition, node.yes, node.no];
    case 'logic':
    case 'binary':
      return [node.left, node.right];
    case 'bind':
      return [node.value, node.body];
    case 'fold':
      return [node.over, node.predicate, node.result].filter((child) => child !== null);
  }
}
