import {
  compileJsonSchema,
  type SchemaIssue,
  validateJson,
} from '../../../../server/domain/graph/json-schema.ts';
import type { JsonObject } from '../../../../server/domain/json.ts';
import type { ToolState } from '../../../../server/domain/mcp.ts';
import type { EditorDocument, StageItem } from '../document.ts';
import { stageId } from '../items.ts';
import type { EditorProblem } from '../problems.ts';
import { mcpWords as words } from '../words.ts';
import { givenAt, givenNames, writtenArguments } from './arguments.ts';
import { choiceOf, isToolStage, type McpSource, type McpTool, sourceOf } from './known-mcp.ts';
import { openAtReferences, withoutUnknownKeywords } from './loosen.ts';
import type { Offered } from './outputs.ts';

/**
 * What keeps tools of stages from being called, by what Signalbox has at hand: no server is asked. All are warnings, as
 * each can be mended without the pipeline: a server is connected, a tool approved.
 */
export function findToolProblems(document: EditorDocument, { capabilities, mcp }: Offered): EditorProblem[] {
  if (mcp === null) return [];
  return document.stages.flatMap((stage): EditorProblem[] => {
    const choice = choiceOf(stage);
    if (!isToolStage(stage, capabilities) || choice.slug === '') return [];
    const source = sourceOf(mcp, stage);
    const obstacle = obstacleOf(choice, source);
    const told = obstacle === null ? [] : [warn(stage, { ...obstacle, within: ['tool'] })];
    const tool = source?.tools?.get(choice.tool);
    return [...told, ...(tool ? refusedArguments(document, stage, tool) : [])];
  });
}

const ARGUMENTS = 'arguments';

export interface Obstacle {
  message: string;
  advice: string;
}

/** Why a run could not call it; null when nothing is known that speaks against it. */
export function obstacleOf(
  { kind, slug, tool }: { kind: McpSource['kind']; slug: string; tool: string },
  source: McpSource | undefined,
): Obstacle | null {
  if (!source) return { message: words.noSource[kind](slug), advice: words.noSourceAdvice };
  if (source.isOfPersons) return { message: words.ofPersons(source.name), advice: words.ofPersonsAdvice };
  if (source.standing === 'off') return { message: words.off(source.name), advice: words.offAdvice };
  if (tool === '' || source.tools === null) return null;
  const known = source.tools.get(tool);
  if (!known) return { message: words.noTool(source.name, tool), advice: words.noToolAdvice };
  return whyNotCallable(known);
}

/** A tool that is approved can be called; each other state says what is to be done. */
export function whyNotCallable({ name, state }: Pick<McpTool, 'name' | 'state'>): Obstacle | null {
  const told: Partial<Record<ToolState, Obstacle>> = words.states(name);
  return told[state] ?? null;
}

function refusedArguments(document: EditorDocument, stage: StageItem, tool: McpTool): EditorProblem[] {
  const lost = givenNames(stage).flatMap((name) => {
    const given = givenAt(document, stage, [name]);
    if (given.kind !== 'lost') return [];
    return [
      warn(stage, {
        message: words.lost(name, given.reference),
        advice: words.lostAdvice,
        within: [ARGUMENTS, name],
      }),
    ];
  });
  const args = writtenArguments(stage);
  if (args === null) return lost;
  const faults = faultsOf(tool.inputSchema, args).map((issue) =>
    warn(stage, {
      message: words.refused([ARGUMENTS, ...issue.path].join('.'), issue.message),
      advice: words.refusedAdvice(tool.name),
      within: [ARGUMENTS, ...placeOf(issue)],
    }),
  );
  return [...lost, ...faults];
}

const MAX_FAULTS = 5;
/** What an object lacks, or has too much, is told of the object: people look for the field. */
const MEMBER = /^must (?:not )?have (".*")$/;

function placeOf({ path, message }: SchemaIssue): string[] {
  const [, member] = MEMBER.exec(message) ?? [];
  const names = path.map(String);
  return member === undefined ? names : [...names, JSON.parse(member) as string];
}

function faultsOf(schema: JsonObject, args: JsonObject) {
  const compiled = compileJsonSchema(openAtReferences(withoutUnknownKeywords(schema), args));
  return compiled.ok ? validateJson(compiled.schema, args).slice(0, MAX_FAULTS) : [];
}

function warn(stage: StageItem, { message, advice, within }: Obstacle & { within: string[] }): EditorProblem {
  return {
    id: `mcp ${stage.key} ${within.join('.')} ${message}`,
    ...{ severity: 'warning', item: stageId(stage.key), field: 'config', span: null, advice },
    within,
    message: words.at(stage.key, message),
  };
}
