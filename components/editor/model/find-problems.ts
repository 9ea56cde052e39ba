import type { Problem } from '../../../server/domain/graph/problems.ts';
import { validateGraph } from '../../../server/domain/graph/validate.ts';
import { isJsonObject } from '../../../server/domain/json.ts';
import type { Capability } from './capabilities.ts';
import { faultsOfConfig } from './config-faults.ts';
import { type EditorDocument, writeDocument } from './document.ts';
import { type ItemId, stageId, wireId } from './items.ts';
import { type Offered, withToolOutputs } from './mcp/outputs.ts';
import { findToolProblems } from './mcp/tool-problems.ts';
import type { EditorProblem } from './problems.ts';
import { problemWords } from './words.ts';

/** By the rules of the server, which runs the same code, and by what agents and MCP servers offer just now. */
export function findProblems(document: EditorDocument, offered: Offered): EditorProblem[] {
  if (document.stages.length === 0) return [];
  const { capabilities } = offered;
  const written = findWritten(document);
  const unoffered = capabilities === null ? [] : findUnoffered(document, capabilities);
  const misread = findMisread(document, { written, offered });
  return [...written, ...unoffered, ...misread, ...findToolProblems(document, offered)].sort(
    (a, b) => Number(b.severity === 'error') - Number(a.severity === 'error'),
  );
}

const findWritten = (document: EditorDocument): EditorProblem[] =>
  validateGraph(writeDocument(document)).problems.map((problem, at) => fromServer(document, problem, at));

/**
 * What expressions get wrong about outputs of tools. The server that publishes does not go by those, which may change
 * without the pipeline: so these are warnings.
 */
function findMisread(
  document: EditorDocument,
  { written, offered }: { written: readonly EditorProblem[]; offered: Offered },
): EditorProblem[] {
  const told = withToolOutputs(document, offered);
  if (told === document) return [];
  const known = new Set(written.map(({ id }) => id));
  return findWritten(told)
    .filter(({ id }) => !known.has(id))
    .map((problem) => ({ ...problem, severity: 'warning' }));
}

function fromServer(document: EditorDocument, problem: Problem, at: number): EditorProblem {
  const { code, severity, message, advice, path, span = null } = problem;
  const item = itemOf(document, problem);
  const field = path[0] === 'stages' && path.length > 2 ? String(path[2]) : null;
  return {
    id: `${code} ${item ?? ''} ${path.slice(2).join('.')} ${item === null ? at : message}`,
    ...{ severity, message, advice, item, field, span },
    within: path.slice(3).map(String),
  };
}

function itemOf(document: EditorDocument, { dependency, stage, path }: Problem): ItemId | null {
  const [list, at] = path;
  if (dependency !== undefined || list === 'dependencies') {
    const wire = document.dependencies[dependency ?? Number(at)];
    if (wire && hasEnds(document, wire)) return wireId(wire);
    if (wire) return null;
  }
  if (stage !== undefined) return stageId(stage);
  const found = list === 'stages' ? document.stages[Number(at)] : undefined;
  return found ? stageId(found.key) : null;
}

function hasEnds({ stages }: EditorDocument, { from, to }: { from: string; to: string }): boolean {
  return stages.some(({ key }) => key === from) && stages.some(({ key }) => key === to);
}

function findUnoffered(
  { stages }: EditorDocument,
  capabilities: ReadonlyMap<string, Capability>,
): EditorProblem[] {
  return stages.flatMap(({ key, type, config }): EditorProblem[] => {
    if (type === '') return [];
    const at = { item: stageId(key), span: null, within: [] };
    const capability = capabilities.get(type);
    if (!capability || capability.serving === 0) {
      const why = capability ? problemWords.idle : problemWords.unknown;
      return [
        {
          ...{ id: `no-agent ${key}`, severity: 'warning', ...at, field: 'type' },
          message: problemWords.noAgent(key, { capability: type, why }),
          advice: problemWords.noAgentAdvice,
        },
      ];
    }
    return faultsOfConfig(capability, isJsonObject(config) ? config : {}).map((fault) => ({
      ...{ id: `config ${key} ${fault}`, severity: 'warning' as const, ...at, field: 'config' },
      message: `${key}: ${fault}.`,
      advice: problemWords.configAdvice,
    }));
  });
}
