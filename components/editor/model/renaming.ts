import { isJsonObject, type Json, type JsonObject } from '../../../server/domain/json.ts';
import type { StageItem, Wire } from './document.ts';

/** New keys for old ones. */
export type Renaming = ReadonlyMap<string, string>;

/**
 * The expression with its reads of renamed stages led to their new keys. It is scanned and not parsed: what is only
 * half written is renamed too, and the parser need not be loaded. Texts within it are left alone.
 */
export function renameInExpression(source: string, renaming: Renaming): string {
  return source.replace(TOKEN, (token: string, ...parts: (string | undefined)[]) => {
    const [before, dotted, quoted] = parts;
    const key = renaming.get(dotted ?? quoted ?? '');
    return before === undefined || key === undefined ? token : `${before}${accessTo(key)}`;
  });
}

/** A text, or a read of a stage: `stages.key`, `stages["key"]`. Of something else, `x.stages` is a field. */
const TOKEN =
  /[rR]?(?:"""[\s\S]*?"""|'''[\s\S]*?''')|"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|((?<!\w)(?<!\.\s*)stages\s*)(?:\.\s*(\w+)|\[\s*["']([^"']*)["']\s*\])/g;

/** How an expression reads the stage: `.clean`, or `["clean-up"]` where a dash would be a minus. */
export function accessTo(key: string): string {
  return /^[A-Za-z_][A-Za-z0-9_]*$/.test(key) ? `.${key}` : `["${key}"]`;
}

const inText = (value: Json | undefined, renaming: Renaming): Json | undefined =>
  typeof value === 'string' ? renameInExpression(value, renaming) : value;

/** Its expressions read the renamed stages; its own key is left alone. The same object when nothing changes. */
export function renameInStage(stage: StageItem, renaming: Renaming): StageItem {
  const condition = inText(stage.condition, renaming);
  const input = isJsonObject(stage.input)
    ? mapValues(stage.input, (source) => inText(source, renaming) ?? source)
    : inText(stage.input, renaming);
  if (condition === stage.condition && input === stage.input) return stage;
  return {
    ...stage,
    ...(condition === undefined ? {} : { condition }),
    ...(input === undefined ? {} : { input }),
  };
}

function mapValues(fields: JsonObject, change: (value: Json) => Json): JsonObject {
  const changed = Object.entries(fields).map(([name, value]) => [name, change(value)] as const);
  return changed.every(([name, value]) => value === fields[name]) ? fields : Object.fromEntries(changed);
}

export function renameInWire(wire: Wire, renaming: Renaming): Wire {
  const from = renaming.get(wire.from) ?? wire.from;
  const to = renaming.get(wire.to) ?? wire.to;
  const { when } = wire;
  const expression = isJsonObject(when) ? inText(when.expression, renaming) : undefined;
  const isSame = isJsonObject(when) ? expression === when.expression : true;
  if (from === wire.from && to === wire.to && isSame) return wire;
  return { ...wire, from, to, ...(isSame ? {} : { when: { expression: expression ?? '' } }) };
}
