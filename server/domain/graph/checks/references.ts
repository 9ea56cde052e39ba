import { childrenOf, type Node } from '../cel/ast.ts';
import type { Reference } from '../cel/resolve.ts';
import type { CompiledExpression } from '../expressions.ts';
import type { Report } from '../problems.ts';
import { onFailureOf } from '../schema.ts';
import { collectAncestors } from './ancestors.ts';
import { type CompiledSite, type ExpressionsOfGraph, placeOf } from './expressions.ts';
import { type Edge, keyOf, type Model } from './model.ts';

type StageReference = Extract<Reference, { kind: 'stage' }>;

/** What expressions read of other stages: whether these exist, run before, and surely leave an output. */
export function checkReferences(model: Model, expressions: ExpressionsOfGraph, report: Report): void {
  const upstream = collectAncestors(model, () => true);
  const maySkip = findSkippable(model, expressions);
  const succeeded = collectAncestors(model, (edge) => provesSuccess(model, edge, maySkip));
  for (const site of expressions.sites) {
    const guarded = findGuarded(model, site, expressions);
    const warned = new Set<string>();
    for (const reference of site.compiled.references) {
      if (reference.kind !== 'stage') continue;
      const target = checkTarget(model, site, { reference, report, upstream });
      if (target === null || reference.field !== 'output' || warned.has(reference.key)) continue;
      if (guarded.has(reference.key) || hasOutput(model, site, { target, succeeded })) continue;
      warned.add(reference.key);
      const message = `The output of ${reference.key} is null here when that stage failed or was skipped.`;
      report({ code: 'reference-maybe-null', message, span: spanOf(reference), ...placeOf(model, site) });
    }
  }
}

type IsAncestor = ReturnType<typeof collectAncestors>;

function spanOf({ start, end }: Reference): { start: number; end: number } {
  return { start, end };
}

function checkTarget(
  model: Model,
  site: CompiledSite,
  { reference, report, upstream }: { reference: StageReference; report: Report; upstream: IsAncestor },
): number | null {
  const { key } = reference;
  const at = { span: spanOf(reference), ...placeOf(model, site) };
  const target = model.indexOf.get(key);
  if (target === undefined) {
    report({ code: 'expression-unknown-stage', message: `There is no stage ${key.slice(0, 100)}.`, ...at });
    return null;
  }
  // Behind a circle there is no before and after; the circle is reported.
  if (model.stuck.has(site.stage) || model.stuck.has(target)) return null;
  const own = target === site.stage;
  if (own ? site.dependency !== undefined : upstream(site.stage, target)) return target;
  const reader = site.dependency === undefined ? keyOf(model, site.stage) : 'this dependency';
  const why = own
    ? 'a stage cannot read itself before it has run'
    : upstream(target, site.stage)
      ? `it runs after ${reader}`
      : `no dependency makes it run before ${reader}`;
  report({ code: 'reference-not-upstream', message: `${key} cannot be read here: ${why}.`, ...at });
  return null;
}

/** For the expression of a dependency, the stage it comes from counts as well unless its failure is passed over. */
function hasOutput(
  model: Model,
  site: CompiledSite,
  { target, succeeded }: { target: number; succeeded: IsAncestor },
): boolean {
  if (target !== site.stage) return succeeded(site.stage, target);
  const stage = model.graph.stages[target];
  return stage !== undefined && onFailureOf(stage) !== 'continue';
}

/**
 * Stages that may be skipped without harm to what follows: by their condition, or as every way into them is a branch
 * that may go untaken. Joins then run without them.
 */
function findSkippable(model: Model, expressions: ExpressionsOfGraph): ReadonlySet<number> {
  const skippable = new Set<number>();
  for (const stage of model.order) {
    const incoming = model.incoming[stage] ?? [];
    const mayGoUntaken = ({ index, from }: Edge): boolean => {
      const when = model.graph.dependencies[index]?.when;
      return when === 'success' ? skippable.has(from) : when !== 'always';
    };
    const branch = incoming.length > 0 && incoming.every(mayGoUntaken);
    if (branch || expressions.conditions.has(stage)) skippable.add(stage);
  }
  return skippable;
}

/** Whether `to` running proves that `from` succeeded. */
function provesSuccess(model: Model, { index, from, to }: Edge, maySkip: ReadonlySet<number>): boolean {
  const stage = model.graph.stages[from];
  if (!stage || onFailureOf(stage) === 'continue') return false;
  if (model.graph.dependencies[index]?.when !== 'success') return false;
  return !maySkip.has(from) || model.incoming[to]?.length === 1;
}

/** Stages whose absence the author has thought of: here, in the condition, or in the dependency on them. */
function findGuarded(model: Model, site: CompiledSite, expressions: ExpressionsOfGraph): ReadonlySet<string> {
  const guarded = new Set<string>();
  addGuarded(site.compiled, guarded);
  if (site.dependency !== undefined) return guarded;
  const condition = expressions.conditions.get(site.stage);
  if (condition) addGuarded(condition, guarded);
  for (const { index } of model.incoming[site.stage] ?? []) {
    const when = expressions.when.get(index);
    for (const key of when?.stageRefs ?? []) guarded.add(key);
  }
  return guarded;
}

function addGuarded({ root, references }: CompiledExpression, guarded: Set<string>): void {
  for (const reference of references) {
    if (reference.kind === 'stage' && reference.field !== 'output') guarded.add(reference.key);
  }
  const stack: Node[] = references.length === 0 ? [] : [root];
  for (let node = stack.pop(); node; node = stack.pop()) {
    stack.push(...childrenOf(node));
    if (node.op === 'has') addStageOf(node.of, guarded);
    if (node.op !== 'binary' || (node.operator !== '==' && node.operator !== '!=')) continue;
    if (isNull(node.right)) addStageOf(node.left, guarded);
    if (isNull(node.left)) addStageOf(node.right, guarded);
  }
}

function isNull(node: Node): boolean {
  return node.op === 'literal' && node.value === null;
}

function addStageOf(path: Node, guarded: Set<string>): void {
  let node = path;
  while (node.op === 'select' || node.op === 'index') node = node.of;
  if (node.op === 'stage') guarded.add(node.key);
}
