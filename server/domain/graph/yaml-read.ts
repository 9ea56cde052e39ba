import {
  type Document,
  isAlias,
  isMap,
  isNode,
  isScalar,
  isSeq,
  Lexer,
  type ParsedNode,
  parseDocument,
} from 'yaml';
import type { TextFault, TextResult } from './import-problems.ts';

/** Uses of an alias, counted as often as they unfold. */
const MAX_ALIASES = 100;
const CORE_TAGS: ReadonlySet<string> = new Set(
  ['map', 'seq', 'str', 'null', 'bool', 'int', 'float'].map((name) => `tag:yaml.org,2002:${name}`),
);

/** YAML 1.2 with nothing in it that JSON has not: no tags of one's own, no merge keys, no keys but texts. */
export function readYaml(text: string, maxDepth: number): TextResult {
  try {
    const deep = findDeepFlow(text, maxDepth);
    if (deep) return { ok: false, faults: [deep] };
    const document = parseDocument(text, {
      version: '1.2',
      schema: 'core',
      merge: false,
      strict: true,
      stringKeys: true,
      // The library compares each key with all others; ours are compared below, in linear time.
      uniqueKeys: false,
      prettyErrors: false,
    });
    const faults = faultsOf(document, maxDepth);
    if (faults.length > 0) return { ok: false, faults };
    return { ok: true, value: document.toJS({ maxAliasCount: MAX_ALIASES }) };
  } catch (error) {
    return { ok: false, faults: [thrown(error)] };
  }
}

function thrown(error: unknown): TextFault {
  if (error instanceof ReferenceError) {
    return { code: 'alias-bomb', message: 'Its aliases unfold to too much, or name nothing.', offset: 0 };
  }
  if (error instanceof RangeError) {
    return { code: 'too-deep', message: 'The text is nested too deep.', offset: 0 };
  }
  return { code: 'syntax', message: String(error), offset: 0 };
}

/**
 * The library recurses into brackets, and needs seconds to fail on a million of them. A text that has many brackets
 * open, or many dashes in a row, is looked at by its lexer first; any other text cannot be that deep in one line.
 */
function findDeepFlow(text: string, maxDepth: number): TextFault | null {
  if (!mayBeDeep(text, maxDepth)) return null;
  let offset = 0;
  let depth = 0;
  let dashes = 0;
  for (const token of new Lexer().lex(text)) {
    if (token === '[' || token === '{') depth++;
    else if (token === ']' || token === '}') depth--;
    else if (token === '-' || token === '?') dashes++;
    else if (token.trim() !== '') dashes = 0;
    if (depth > maxDepth || dashes > maxDepth) {
      return { code: 'too-deep', message: `The text is nested deeper than ${maxDepth} levels.`, offset };
    }
    if (!'\x02\x18\x1f'.includes(token)) offset += token.length;
  }
  return null;
}

function mayBeDeep(text: string, maxDepth: number): boolean {
  let depth = 0;
  let dashes = 0;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === 0x5b || code === 0x7b) depth++;
    else if ((code === 0x5d || code === 0x7d) && depth > 0) depth--;
    if (code === 0x2d || code === 0x3f) dashes++;
    else if (code !== 0x20 && code !== 0x09) dashes = 0;
    if (depth > maxDepth || dashes > maxDepth) return true;
  }
  return false;
}

function faultsOf(document: Document.Parsed, maxDepth: number): TextFault[] {
  const faults: TextFault[] = [...document.errors, ...document.warnings].map(({ code, message, pos }) => ({
    code: code === 'TAG_RESOLVE_FAILED' || code === 'NON_STRING_KEY' ? 'unsupported-yaml' : 'syntax',
    message: `${message.split('\n')[0]}.`,
    offset: pos[0],
  }));
  return faults.length > 0 ? faults : faultsOfNodes(document.contents, maxDepth);
}

interface Walk {
  faults: TextFault[];
  stack: { node: unknown; depth: number }[];
  anchors: Set<string>;
  aliases: { name: string; offset: number }[];
}

/** Goes through the nodes without recursion; what an alias stands for is not entered. */
function faultsOfNodes(root: ParsedNode | null, maxDepth: number): TextFault[] {
  const walk: Walk = { faults: [], stack: [{ node: root, depth: 0 }], anchors: new Set(), aliases: [] };
  for (let entry = walk.stack.pop(); entry; entry = walk.stack.pop()) {
    if (entry.depth > maxDepth) {
      const message = `The text is nested deeper than ${maxDepth} levels.`;
      return [{ code: 'too-deep', message, offset: offsetOf(entry.node) }];
    }
    visitNode(entry.node, entry.depth, walk);
  }
  for (const { name, offset } of walk.aliases) {
    if (walk.anchors.has(name)) continue;
    walk.faults.push({ code: 'syntax', message: `There is no anchor ${name}.`, offset });
  }
  if (walk.aliases.length > MAX_ALIASES) {
    const message = `There are more than ${MAX_ALIASES} aliases.`;
    walk.faults.push({ code: 'alias-bomb', message, offset: walk.aliases[0]?.offset ?? 0 });
  }
  return walk.faults.sort((a, b) => a.offset - b.offset);
}

function offsetOf(node: unknown): number {
  return isNode(node) && node.range ? node.range[0] : 0;
}

function visitNode(node: unknown, depth: number, walk: Walk): void {
  if (!isNode(node)) return;
  if (isAlias(node)) {
    walk.aliases.push({ name: node.source, offset: offsetOf(node) });
    return;
  }
  if (node.anchor !== undefined) walk.anchors.add(node.anchor);
  if (node.tag !== undefined && !CORE_TAGS.has(node.tag)) {
    const message = `The tag ${node.tag} is not supported.`;
    walk.faults.push({ code: 'unsupported-yaml', message, offset: offsetOf(node) });
  }
  if (isSeq(node)) for (const item of node.items) walk.stack.push({ node: item, depth: depth + 1 });
  if (!isMap(node)) return;
  const keys = new Set<unknown>();
  for (const { key, value } of node.items) {
    walk.stack.push({ node: value, depth: depth + 1 });
    const fault = faultOfKey(key, keys);
    if (fault) walk.faults.push(fault);
  }
}

function faultOfKey(key: unknown, known: Set<unknown>): TextFault | null {
  const offset = offsetOf(key);
  if (!isScalar(key) || typeof key.value !== 'string') {
    return { code: 'unsupported-yaml', message: 'A key must be a text.', offset };
  }
  if (known.has(key.value)) {
    return { code: 'duplicate-key', message: `The key ${JSON.stringify(key.value)} is there twice.`, offset };
  }
  known.add(key.value);
  return null;
}
