import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';
import { Document, visit } from 'yaml';
import { isJsonObject, type Json, type JsonObject, jsonEquals, setOwn } from '../json.ts';
import { type Graph, graphSchema } from './schema.ts';

/**
 * One graph has one text. Keys are sorted; what equals its default is left out. So exports hold what a person would
 * write and no more, and the hash of a version stays the same when a later release adds a field with a default.
 * The price: a default is part of the format, and changing one asks for a new `GRAPH_FORMAT`.
 * Lists keep their order, and nothing else is touched: `config`, schemas and positions are the author's.
 */
export function canonicalDocument(graph: Graph): JsonObject {
  const document: JsonObject = { format: graph.format };
  setIfGiven(document, 'deadlineSeconds', graph.deadlineSeconds);
  setIfGiven(document, 'inputSchema', graph.inputSchema);
  setIfGiven(document, 'parametersSchema', graph.parametersSchema);
  const sensitive = toObject(graph.sensitive);
  if (Object.keys(sensitive).length > 0) document.sensitive = sensitive;
  document.stages = graph.stages.map((stage) => withoutDefaults(toObject(stage), DEFAULTS.stage));
  if (graph.dependencies.length > 0) {
    document.dependencies = graph.dependencies.map((dependency) =>
      withoutDefaults(toObject(dependency), DEFAULTS.dependency),
    );
  }
  const ui = withoutDefaults(toObject(graph.ui), DEFAULTS.ui);
  if (Object.keys(ui).length > 0) document.ui = ui;
  return sortKeys(document) as JsonObject;
}

export function exportJson(graph: Graph): string {
  return `${JSON.stringify(canonicalDocument(graph), null, 2)}\n`;
}

export function exportYaml(graph: Graph): string {
  const document = new Document(canonicalDocument(graph), { version: '1.2', aliasDuplicateObjects: false });
  visit(document, {
    Scalar(role, node) {
      if (role !== 'key' && typeof node.value === 'string' && READ_OTHERWISE.test(node.value))
        node.type = 'QUOTE_DOUBLE';
    },
  });
  return document.toString({ lineWidth: 0 });
}

/** Texts that readers of YAML 1.1, as Python has, take for truth, days, or numbers when they are not quoted. */
const READ_OTHERWISE =
  /^(?:y|n|yes|no|on|off|\d{4}-\d\d?-\d\d?\b.*|[-+]?\d[\d_]*(?::[0-5]?\d)+(?:\.\d*)?|[-+]?\d[\d_]*(?:\.[\d_]*)?|[-+]?0b[01_]+)$/i;

/** Same hash, same export: whoever publishes compares it with that of the newest version. */
export function contentHash(graph: Graph): string {
  return bytesToHex(sha256(utf8ToBytes(JSON.stringify(canonicalDocument(graph)))));
}

interface Defaults {
  values: JsonObject;
  /** Objects of the schema, whose own fields have defaults; all other objects are the author's. */
  within: { [key: string]: Defaults };
  /** Lists of such objects. */
  items: { [key: string]: Defaults };
}

/** Read off the schema itself, so that a default is written down in one place. */
function findDefaults(): { stage: Defaults; dependency: Defaults; ui: Defaults } {
  const { stages, dependencies, ui } = graphSchema.parse({
    stages: [{ key: 'a', type: 'a', agent: { prefer: [{}] } }],
    dependencies: [{ from: 'a', to: 'a' }],
    ui: { notes: [{ id: 'a', x: 0, y: 0 }], groups: [{ id: 'a', stages: [] }] },
  });
  const { text, width, height, tone } = ui?.notes[0] ?? {};
  const { title, collapsed } = ui?.groups[0] ?? {};
  const stage = toObject(stages[0]);
  const preference = toObject(stages[0]?.agent.prefer[0]);
  const agent: JsonObject = { ...toObject(stage.agent), prefer: [] };
  const plain = (values: Json | undefined): Defaults => ({ values: toObject(values), within: {}, items: {} });
  return {
    stage: {
      values: { ...stage, key: null, type: null },
      within: {
        timeouts: plain(stage.timeouts),
        retry: plain(stage.retry),
        agent: { ...plain(agent), items: { prefer: plain(preference) } },
      },
      items: {},
    },
    dependency: { ...plain(toObject(dependencies[0])), values: { when: dependencies[0]?.when ?? null } },
    ui: {
      ...plain({}),
      items: {
        notes: plain(toObject({ text, width, height, tone })),
        groups: plain(toObject({ title, collapsed })),
      },
    },
  };
}

/** Parsed parts of a graph are JSON, but for fields that are there and undefined. */
function toObject(part: unknown): JsonObject {
  return isJsonObject(part) ? part : {};
}

function setIfGiven(target: JsonObject, key: string, value: Json | undefined): void {
  if (value !== undefined) setOwn(target, key, value);
}

function withoutDefaults(part: JsonObject, defaults: Defaults): JsonObject {
  const kept: JsonObject = {};
  for (const [key, value] of Object.entries(part)) {
    const within = defaults.within[key];
    const items = defaults.items[key];
    if (within && isJsonObject(value)) {
      const inner = withoutDefaults(value, within);
      if (Object.keys(inner).length > 0) kept[key] = inner;
    } else if (items && Array.isArray(value)) {
      const list = value.map((item) => withoutDefaults(toObject(item), items));
      if (list.length > 0) kept[key] = list;
    } else {
      const byDefault = defaults.values[key];
      if (byDefault === undefined || !jsonEquals(value, byDefault)) setIfGiven(kept, key, value);
    }
  }
  return kept;
}

function sortKeys(value: Json): Json {
  if (Array.isArray(value)) return value.map(sortKeys);
  if (!isJsonObject(value)) return value;
  const sorted: JsonObject = {};
  for (const key of Object.keys(value).sort()) {
    const part = value[key];
    if (part !== undefined) setOwn(sorted, key, sortKeys(part));
  }
  return sorted;
}

const DEFAULTS = findDefaults();
