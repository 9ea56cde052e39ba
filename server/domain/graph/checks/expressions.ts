import type { Json } from '../../json.ts';
import type { Node } from '../cel/ast.ts';
import { inferKinds, type StaticType, typeOfSchema, unknownType } from '../cel/infer.ts';
import { BOOL } from '../cel/kinds.ts';
import {
  type CompiledExpression,
  compileExpression,
  type ExpressionProblem,
  type ExpressionScope,
} from '../expressions.ts';
import type { Report } from '../problems.ts';
import type { Model } from './model.ts';
import type { PatternBudget } from './patterns.ts';

/** One use of an expression in the document. */
export interface Site {
  source: string;
  scope: ExpressionScope;
  path: (string | number)[];
  /** Whose upstream it may read. For a dependency that is the stage it comes from, itself included. */
  stage: number;
  dependency?: number;
  mustBeBoolean: boolean;
}

export interface CompiledSite extends Site {
  compiled: CompiledExpression;
}

/** What could be compiled, by stage and by dependency. */
export interface ExpressionsOfGraph {
  sites: CompiledSite[];
  conditions: Map<number, CompiledExpression>;
  when: Map<number, CompiledExpression>;
  retries: Map<number, CompiledExpression>;
}

export function checkExpressions(model: Model, report: Report, mayGoOn: PatternBudget): ExpressionsOfGraph {
  const found: ExpressionsOfGraph = { sites: [], conditions: new Map(), when: new Map(), retries: new Map() };
  const typeOf = createTypes(model);
  for (const site of sitesOf(model)) {
    const result = compileExpression(site.source, site.scope);
    if (!mayGoOn(result.patterns)) break;
    if (!result.ok) {
      reportSyntax(placeOf(model, site), result.problem, report);
      continue;
    }
    const compiled = result.expression;
    found.sites.push({ ...site, compiled });
    const last = site.path[site.path.length - 1];
    if (site.dependency !== undefined) found.when.set(site.dependency, compiled);
    else if (last === 'condition') found.conditions.set(site.stage, compiled);
    else if (last === 'whenOutput') found.retries.set(site.stage, compiled);
    checkTypes(model, { ...site, compiled }, { report, typeOf: (node) => typeOf(node, site.stage) });
  }
  return found;
}

function* sitesOf(model: Model): Generator<Site> {
  for (const [stage, { condition, input, retry }] of model.graph.stages.entries()) {
    const at = { scope: 'stage', stage, mustBeBoolean: false } as const;
    const path = ['stages', stage];
    if (condition !== undefined) {
      yield { ...at, source: condition, path: [...path, 'condition'], mustBeBoolean: true };
    }
    if (typeof input === 'string') yield { ...at, source: input, path: [...path, 'input'] };
    else if (input) {
      for (const [field, source] of Object.entries(input)) {
        yield { ...at, source, path: [...path, 'input', field] };
      }
    }
    if (retry.whenOutput !== undefined) {
      const whole = [...path, 'retry', 'whenOutput'];
      yield { ...at, scope: 'retry', source: retry.whenOutput, path: whole, mustBeBoolean: true };
    }
  }
  for (const [dependency, { from, when }] of model.graph.dependencies.entries()) {
    const stage = model.indexOf.get(from);
    if (typeof when === 'string' || stage === undefined) continue;
    const path = ['dependencies', dependency, 'when', 'expression'];
    yield { source: when.expression, scope: 'stage', path, stage, dependency, mustBeBoolean: true };
  }
}

/** What a problem says about where it is. */
export function placeOf(
  model: Model,
  site: Site,
): { path: (string | number)[]; stage: string; dependency?: number } {
  const { dependency } = site;
  if (dependency === undefined) return { path: site.path, stage: model.graph.stages[site.stage]?.key ?? '' };
  return { path: site.path, stage: model.graph.dependencies[dependency]?.to ?? '', dependency };
}

function reportSyntax(place: ReturnType<typeof placeOf>, problem: ExpressionProblem, report: Report): void {
  const { code, message, span, position } = problem;
  const line = position.line === 1 ? '' : `line ${position.line}, `;
  report({ code, message: `${message} (${line}column ${position.column})`, span, ...place });
}

type TypeOfNode = (node: Node) => StaticType | null;

/** What is known of variables and stages from the schemas; each schema is looked at once. */
function createTypes(model: Model): (node: Node, stage: number) => StaticType | null {
  const known = new Map<Json, StaticType>();
  const typeOf = (schema: Json | undefined): StaticType => {
    if (schema === undefined) return unknownType();
    const found = known.get(schema) ?? typeOfSchema(schema, schema);
    known.set(schema, found);
    return found;
  };
  return (node, stage) => {
    if (node.op === 'variable') {
      if (node.name === 'input') return typeOf(model.graph.inputSchema);
      if (node.name === 'params') return typeOf(model.graph.parametersSchema);
      if (node.name === 'output') return typeOf(model.graph.stages[stage]?.outputSchema);
      return typeOf(NUMBER_SCHEMA);
    }
    if (node.op !== 'select' || node.of.op !== 'stage') return null;
    if (node.field === 'status') return typeOf(TEXT_SCHEMA);
    const index = model.indexOf.get(node.of.key);
    return typeOf(
      node.field === 'output' && index !== undefined ? model.graph.stages[index]?.outputSchema : undefined,
    );
  };
}

const NUMBER_SCHEMA = { type: 'number' };
const TEXT_SCHEMA = { type: 'string' };

function checkTypes(
  model: Model,
  site: CompiledSite,
  { report, typeOf }: { report: Report; typeOf: TypeOfNode },
): void {
  const place = placeOf(model, site);
  let clean = true;
  const kinds = inferKinds(site.compiled.root, typeOf, ({ code, message, span }) => {
    clean = false;
    report({ code, message, span, ...place });
  });
  if (clean && site.mustBeBoolean && !(kinds & BOOL)) {
    const span = { start: 0, end: site.source.length };
    report({
      code: 'condition-not-boolean',
      message: 'The condition is never true or false.',
      span,
      ...place,
    });
  }
}
