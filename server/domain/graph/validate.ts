import { measureJson } from '../json.ts';
import { checkExpressions } from './checks/expressions.ts';
import { checkIdleOptions } from './checks/idle-options.ts';
import { checkMarks } from './checks/marks.ts';
import { buildModel, type Model } from './checks/model.ts';
import { createPatternBudget } from './checks/patterns.ts';
import { checkReferences } from './checks/references.ts';
import { reportIssues } from './checks/schema-issues.ts';
import { checkSchemas, checkSettings } from './checks/settings.ts';
import { checkDependencies, checkReachability } from './checks/structure.ts';
import { compileGraph } from './compile.ts';
import { hasMarks } from './marks.ts';
import { createReport, type Problem, type Report } from './problems.ts';
import { type Graph, graphSchema } from './schema.ts';

export { PROBLEM_CODES, type Problem, type ProblemCode } from './problems.ts';

/** Far above what fits in a request; it bounds the work on what comes in some other way. */
const LIMITS = { maxBytes: 64 * 1024 * 1024, maxDepth: 64 };

/** `ok` is that there is no error; then the graph can be compiled and published. Warnings may be left. */
export type Validation =
  | { ok: true; graph: Graph; problems: Problem[] }
  | { ok: false; graph?: Graph; problems: Problem[] };

/** Judges any value as a graph. Total: whatever comes in, the answer is a list of problems. */
export function validateGraph(document: unknown): Validation {
  const { report, problems } = createReport();
  try {
    const graph = readGraph(document, report);
    if (!graph) return { ok: false, problems };
    checkGraph(graph, report);
    if (problems.some(({ severity }) => severity === 'error')) return { ok: false, graph, problems };
    // What follows from a mark can be told of a sound graph only.
    if (hasMarks(graph)) checkMarks(compileGraph(graph), report);
    return { ok: true, graph, problems };
  } catch (error) {
    report({ code: 'invalid-document', message: `The document cannot be read: ${error}`, path: [] });
    return { ok: false, problems };
  }
}

function readGraph(document: unknown, report: Report): Graph | null {
  const measured = measureJson(document, LIMITS);
  if (!measured.ok) {
    const code = measured.problem.code === 'too-large' ? 'too-large' : 'invalid-document';
    report({ code, message: measured.problem.message, path: [] });
    return null;
  }
  const parsed = graphSchema.safeParse(document);
  if (parsed.success) return parsed.data;
  reportIssues(parsed.error.issues, report);
  return null;
}

function checkGraph(graph: Graph, report: Report): void {
  const model: Model = buildModel(graph);
  checkDependencies(model, report);
  const mayGoOn = createPatternBudget(report);
  checkSchemas(model, report, mayGoOn);
  const expressions = checkExpressions(model, report, mayGoOn);
  checkReachability(model, expressions, report);
  checkReferences(model, expressions, report);
  checkSettings(model, expressions, report);
  checkIdleOptions(model, expressions, report);
}
