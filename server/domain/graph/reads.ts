import { childrenOf, type Node } from './cel/ast.ts';
import type { CompiledExpression } from './expressions.ts';

/** What an expression reads: of the run's input, of its parameters, or of a stage. */
export interface Read {
  readonly of: 'input' | 'params' | { readonly stage: string; readonly field: string | null };
  /** As far as it can be told without running it. */
  readonly path: readonly string[];
  /** The expression is this and nothing else, so its value is what stands there. */
  readonly isAll: boolean;
}

interface Chain {
  readonly root: Node;
  readonly path: readonly string[];
  /** Nothing that is only known when it runs has been met yet. */
  readonly isOpen: boolean;
}

export function readsOf({ root }: CompiledExpression): Read[] {
  const reads: Read[] = [];
  const stack: Node[] = [root];
  for (let node = stack.pop(); node; node = stack.pop()) {
    const chain = chainOf(node, stack);
    if (!chain) {
      stack.push(...childrenOf(node));
      continue;
    }
    const read = toRead(chain, node === root && node.op !== 'has');
    if (read) reads.push(read);
  }
  return reads;
}

/** A path from a name on; what indexes it is left on the stack, as it may read something itself. */
function chainOf(node: Node, stack: Node[]): Chain | null {
  if (node.op === 'variable' || node.op === 'stage') return { root: node, path: [], isOpen: true };
  if (node.op === 'select' || node.op === 'has') return extended(chainOf(node.of, stack), node.field);
  if (node.op !== 'index') return null;
  const chain = chainOf(node.of, stack);
  if (!chain) return null;
  if (node.index.op === 'literal') return extended(chain, String(node.index.value));
  stack.push(node.index);
  return { ...chain, isOpen: false };
}

function extended(chain: Chain | null, segment: string): Chain | null {
  return chain?.isOpen ? { ...chain, path: [...chain.path, segment] } : chain;
}

function toRead({ root, path, isOpen }: Chain, isRoot: boolean): Read | null {
  const isAll = isRoot && isOpen;
  if (root.op === 'stage') {
    const [field, ...rest] = path;
    return { of: { stage: root.key, field: field ?? null }, path: rest, isAll };
  }
  if (root.op !== 'variable' || (root.name !== 'input' && root.name !== 'params')) return null;
  return { of: root.name, path, isAll };
}
