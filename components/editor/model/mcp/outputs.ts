import { compileJsonSchema } from '../../../../server/domain/graph/json-schema.ts';
import { isJsonObject, type JsonObject } from '../../../../server/domain/json.ts';
import type { Capability } from '../capabilities.ts';
import type { EditorDocument, StageItem } from '../document.ts';
import { isToolStage, type KnownMcp, toolOf } from './known-mcp.ts';
import { withoutUnknownKeywords } from './loosen.ts';

export interface Offered {
  capabilities: ReadonlyMap<string, Capability> | null;
  mcp: KnownMcp | null;
}

/**
 * The document with what is known of outputs: of stages that say nothing of theirs, what their tool or their capability
 * says. For whoever puts stages together; it is never what is saved.
 */
export function withKnownOutputs(document: EditorDocument, offered: Offered): EditorDocument {
  return withOutputs(document, (stage) => {
    const schema = offered.capabilities?.get(stage.type)?.outputSchema ?? null;
    return isToolStage(stage, offered.capabilities) ? outputOfTool(stage, offered) : schema;
  });
}

/** Only what tools say of theirs, as far as the checker of expressions understands it. The same document if they say nothing. */
export function withToolOutputs(document: EditorDocument, offered: Offered): EditorDocument {
  if (offered.mcp === null) return document;
  return withOutputs(document, (stage) => {
    if (!isToolStage(stage, offered.capabilities)) return null;
    const schema = outputOfTool(stage, offered);
    return schema && compileJsonSchema(schema).ok ? schema : null;
  });
}

function withOutputs(
  document: EditorDocument,
  outputOf: (stage: StageItem) => JsonObject | null,
): EditorDocument {
  let isOther = false;
  const stages = document.stages.map((stage) => {
    const schema = stage.outputSchema === undefined ? outputOf(stage) : null;
    if (schema === null) return stage;
    isOther = true;
    return { ...stage, outputSchema: schema };
  });
  return isOther ? { ...document, stages } : document;
}

/** What the agent gives, with what the tool promises of its own part in it. */
function outputOfTool(stage: StageItem, { capabilities, mcp }: Offered): JsonObject | null {
  const frame = capabilities?.get(stage.type)?.outputSchema ?? null;
  const promised = toolOf(mcp, stage)?.outputSchema ?? null;
  if (frame === null || promised === null || !isJsonObject(frame.properties)) return frame;
  const { $defs, ...structured } = withoutUnknownKeywords(promised);
  return {
    ...frame,
    // References lead from the top.
    ...($defs === undefined ? {} : { $defs }),
    properties: { ...frame.properties, structured },
  };
}
