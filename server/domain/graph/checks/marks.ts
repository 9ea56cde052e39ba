import { isJsonObject, type JsonObject } from '../../json.ts';
import type { CompiledGraph, CompiledStage } from '../compile.ts';
import type { Report } from '../problems.ts';
import type { Mark } from '../schema.ts';

/** Marks that hide nothing, and stages that may pass on what is marked. */
export function checkMarks({ graph, stages, marks }: CompiledGraph, report: Report): void {
  const ofRun = { path: ['sensitive'] };
  checkPointers(graph.sensitive?.input, fieldsOf(graph.inputSchema), { ...ofRun, what: 'input', report });
  const parameters = fieldsOf(graph.parametersSchema);
  checkPointers(graph.sensitive?.parameters, parameters, { ...ofRun, what: 'parameters', report });
  for (const stage of stages) {
    const { index, key } = stage;
    const { sensitive, outputSchema } = stage.stage;
    const at = { path: ['stages', index, 'sensitive'], stage: key, report };
    checkPointers(sensitive?.input, mappedFields(stage), { ...at, what: 'input' });
    checkPointers(sensitive?.output, fieldsOf(outputSchema), { ...at, what: 'output' });
    if (sensitive?.output !== undefined || marks.stages[index]?.input === null) continue;
    // The mark of a later stage's input hides the output as well.
    if (marks.stages[index]?.output !== null) continue;
    const message = `${key} is given what is marked sensitive, and what it makes of that is not marked.`;
    report({ code: 'mark-passed-on', message, path: ['stages', index], stage: key });
  }
}

interface PointerCheck {
  path: (string | number)[];
  stage?: string;
  what: string;
  report: Report;
}

function checkPointers(mark: Mark | undefined, fields: ReadonlySet<string> | null, at: PointerCheck): void {
  if (!Array.isArray(mark) || fields === null) return;
  const { what, report, ...place } = at;
  for (const [index, pointer] of mark.entries()) {
    const field = (pointer.split('/')[1] ?? '').replaceAll('~1', '/').replaceAll('~0', '~');
    if (field === '*' || fields.has(field)) continue;
    const message = `${pointer} hides nothing: there is no such field in the ${what}.`;
    report({ code: 'mark-no-effect', message, ...place, path: [...place.path, what, index] });
  }
}

const mappedFields = ({ input }: CompiledStage): ReadonlySet<string> | null =>
  input !== null && 'fields' in input ? new Set(input.fields.map(([name]) => name)) : null;

/** Null: it may have any. */
function fieldsOf(schema: JsonObject | undefined): ReadonlySet<string> | null {
  const isClosed = schema?.additionalProperties === false && isJsonObject(schema.properties);
  return isClosed ? new Set(Object.keys(schema.properties as JsonObject)) : null;
}
