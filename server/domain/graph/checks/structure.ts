import { constantOf } from '../expressions.ts';
import type { Report } from '../problems.ts';
import { findCycles } from '../topology.ts';
import type { ExpressionsOfGraph } from './expressions.ts';
import { type Edge, keyOf, type Model } from './model.ts';

const MAX_NAMED = 100;

/** Keys and dependencies one by one, and circles. */
export function checkDependencies(model: Model, report: Report): void {
  checkStageKeys(model, report);
  for (const [index, { from, to }] of model.graph.dependencies.entries()) {
    const at = { path: ['dependencies', index], dependency: index };
    for (const key of from === to ? [from] : [from, to]) {
      if (model.indexOf.has(key)) continue;
      const message = `There is no stage ${key} (dependency ${from} -> ${to}).`;
      report({ code: 'unknown-stage', message, ...at });
    }
    const first = model.duplicates.get(index);
    if (first !== undefined) {
      const message = `${from} -> ${to} is there twice: as dependency ${first} and ${index}.`;
      report({ code: 'duplicate-dependency', message, stage: to, ...at });
    } else if (from === to && model.indexOf.has(from)) {
      report({ code: 'self-dependency', message: `${from} depends on itself.`, stage: from, ...at });
    }
  }
  checkCycles(model, report);
}

function checkStageKeys(model: Model, report: Report): void {
  for (const [index, { key }] of model.graph.stages.entries()) {
    const first = model.indexOf.get(key);
    if (first === index) continue;
    const message = `The key ${key} is that of stage ${first} already.`;
    report({ code: 'duplicate-stage', message, path: ['stages', index, 'key'], stage: key });
  }
}

/** Each circle once, with the stages on it; then the stages that can never start as they wait for one. */
function checkCycles(model: Model, report: Report): void {
  const onCycle = new Set<number>();
  for (const cycle of findCycles([...model.stuck], model.graph.stages.length, model.successorsOf)) {
    for (const stage of cycle) onCycle.add(stage);
    const stages = cycle.slice(0, MAX_NAMED).map((stage) => keyOf(model, stage));
    const more = cycle.length > MAX_NAMED ? ` and ${cycle.length - MAX_NAMED} more` : '';
    const message = `These stages depend on each other in a circle: ${stages.join(', ')}${more}.`;
    report({ code: 'cycle', message, path: ['stages', cycle[0] ?? 0], stage: stages[0] ?? '', stages });
  }
  for (const stage of model.stuck) {
    if (onCycle.has(stage)) continue;
    const key = keyOf(model, stage);
    const message = `${key} can never start: it waits for stages that depend on each other in a circle.`;
    report({ code: 'unreachable-stage', message, path: ['stages', stage], stage: key });
  }
}

/**
 * Beyond circles, a stage is unreachable when it provably never runs: its condition is the constant false, or none of
 * its dependencies can be taken (all of them have the constant false, or come on success, failure or an expression
 * from a stage that itself never runs). Any stage without dependencies is reachable, as it starts with the run.
 */
export function checkReachability(model: Model, expressions: ExpressionsOfGraph, report: Report): void {
  const impossible = new Set<number>();
  for (const edge of model.edges) {
    if (!isNever(expressions.when.get(edge.index))) continue;
    impossible.add(edge.index);
    const message = `${keyOf(model, edge.from)} -> ${keyOf(model, edge.to)} can never be taken: its condition is always false.`;
    const path = ['dependencies', edge.index, 'when', 'expression'];
    report({ code: 'empty-branch', message, path, dependency: edge.index, stage: keyOf(model, edge.to) });
  }
  reportDeadEnds(model, impossible, report);
  const dead = new Set<number>();
  for (const stage of model.order) {
    const reason = whyDead(model, stage, { expressions, dead, impossible });
    if (reason === null) continue;
    dead.add(stage);
    const key = keyOf(model, stage);
    report({
      code: 'unreachable-stage',
      message: `${key} can never run: ${reason}.`,
      path: ['stages', stage],
      stage: key,
    });
  }
}

function isNever(compiled: Parameters<typeof constantOf>[0] | undefined): boolean {
  return compiled !== undefined && constantOf(compiled)?.value === false;
}

function reportDeadEnds(model: Model, impossible: ReadonlySet<number>, report: Report): void {
  if (impossible.size === 0) return;
  for (const [stage, edges] of model.outgoing.entries()) {
    if (edges.length < 2 || !edges.every(({ index }) => impossible.has(index))) continue;
    const key = keyOf(model, stage);
    const message = `No dependency that leads on from ${key} can ever be taken.`;
    report({ code: 'empty-branch', message, path: ['stages', stage], stage: key });
  }
}

function whyDead(
  model: Model,
  stage: number,
  {
    expressions,
    dead,
    impossible,
  }: { expressions: ExpressionsOfGraph; dead: ReadonlySet<number>; impossible: ReadonlySet<number> },
): string | null {
  if (isNever(expressions.conditions.get(stage))) return 'its condition is always false';
  const incoming = model.incoming[stage] ?? [];
  const canBeTaken = ({ index, from }: Edge): boolean => {
    const when = model.graph.dependencies[index]?.when;
    return when === 'always' || !(impossible.has(index) || dead.has(from));
  };
  if (incoming.length === 0 || incoming.some(canBeTaken)) return null;
  return 'none of its dependencies can ever be taken';
}
