import { referencesOf } from '../../../server/domain/graph/expressions.ts';
import { isJsonObject, type Json, type JsonObject } from '../../../server/domain/json.ts';
import type { StageItem, Wire } from './document.ts';

/** New keys for old ones. */
export type Renaming = ReadonlyMap<string, string>;

/** The expression with its reads of renamed stages led to their new keys. One that cannot be read stays as it is. */
export function renameInExpression(source: string, renaming: Renaming): string {
  const references = referencesOf(source) ?? [];
  let text = source;
  for (const reference of [...references].reverse()) {
    if (reference.kind !== 'stage') continue;
    const key = renaming.get(reference.key);
    if (key === undefined) continue;
    const { start, end } = reference;
    const read = text.slice(start, end).replace(READ, (_, name) => `${name}${accessTo(key)}`);
    text = text.slice(0, start) + read + text.slice(end);
  }
  return text;
}

/** `stages.key` or `stages["key"]`, at the start of a read. */
const READ = /^(stages\s*)(?:\.\s*[A-Za-z0-9_]+|\[\s*(?:"[^"]*"|'[^']*')\s*\])/;

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
