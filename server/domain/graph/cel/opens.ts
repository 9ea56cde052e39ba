import { childrenOf, type Node } from './ast.ts';

/**
 * What an expression looks into, as far as can be told without running it: more rather than less. What it only passes
 * on is not among it, so that a large value which goes on as it is need not be fetched for that.
 */
export interface Opens {
  readonly variables: readonly string[];
  /** Keys of stages whose output it looks into. */
  readonly stages: readonly string[];
}

const NOTHING: Opens = { variables: [], stages: [] };

export function opensOf(root: Node): Opens {
  const variables = new Set<string>();
  const stages = new Set<string>();
  const stack: { node: Node; isPassedOn: boolean }[] = [{ node: root, isPassedOn: true }];
  for (let entry = stack.pop(); entry; entry = stack.pop()) {
    const { node, isPassedOn } = entry;
    const output = outputOf(node);
    if (output !== null) {
      if (!isPassedOn) stages.add(output);
    } else if (node.op === 'variable') {
      if (!isPassedOn) variables.add(node.name);
      // Status and error of a stage, and whether it has an output, are known without a look at that.
    } else if (!('of' in node && node.of.op === 'stage')) {
      const passed = isPassedOn ? passedOnBy(node) : [];
      for (const child of childrenOf(node)) stack.push({ node: child, isPassedOn: passed.includes(child) });
    }
  }
  return variables.size + stages.size === 0 ? NOTHING : { variables: [...variables], stages: [...stages] };
}

/** The stage whose output the node is or holds. */
function outputOf(node: Node): string | null {
  if (node.op === 'stage') return node.key;
  if (node.op !== 'select' || node.of.op !== 'stage') return null;
  return node.field === 'output' ? node.of.key : null;
}

/** Children that become the result, or a part of it, just as they are. */
function passedOnBy(node: Node): readonly Node[] {
  switch (node.op) {
    case 'if':
      return [node.yes, node.no];
    case 'list':
      return node.items;
    case 'map':
      return node.entries.map(([, value]) => value);
    case 'bind':
      return [node.body];
    default:
      return [];
  }
}
