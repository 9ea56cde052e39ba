import { parse } from '@marcbachmann/cel-js';
import type { Json } from '../json.ts';
export interface CompiledExpression {
  source: string;
  stageRefs: readonly string[];
  run(vars: object): unknown;
}
export type ExpressionVariables = { [key: string]: Json };
export function compileExpression(source: string): CompiledExpression {
  const run = parse(source) as unknown as (vars: object) => unknown;
  const refs = [...source.matchAll(/stages(?:\.([A-Za-z_]\w*)|\["([^"]+)"\])/g)].map(
    (m) => m[1] ?? m[2] ?? '',
  );
  return { source, stageRefs: refs, run };
}
export function evaluateExpression(
  e: CompiledExpression,
  vars: ExpressionVariables,
): { ok: true; value: Json } | { ok: false; code: string; message: string } {
  try {
    const v = e.run(vars);
    return { ok: true, value: (typeof v === 'bigint' ? Number(v) : v) as Json };
  } catch (x) {
    return { ok: false, code: 'X', message: String(x) };
  }
}
